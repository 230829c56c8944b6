// SPDX-License-Identifier: GPL-3.0-or-later
// Labels and values, one row each: rows is a list of {label, value[, isChanged]}. Values can be
// selected. A changed one is marked by a dot and bold letters.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    property var rows: []
    property string changedHint

    spacing: 0

    Repeater {
        model: root.rows

        RowLayout {
            id: row

            required property var modelData
            readonly property bool isChanged: modelData.isChanged === true

            Layout.fillWidth: true
            Layout.topMargin: 3
            Layout.bottomMargin: 3
            spacing: Theme.m
            Accessible.role: Accessible.StaticText
            Accessible.name: modelData.label + ": " + modelData.value
                             + (isChanged ? ", " + root.changedHint : "")

            Body {
                Layout.minimumWidth: Math.min(220, root.width * 0.38)
                Layout.maximumWidth: Layout.minimumWidth
                Layout.alignment: Qt.AlignTop
                muted: true
                text: row.modelData.label
            }
            TextEdit {
                Layout.fillWidth: true
                readOnly: true
                selectByMouse: true
                activeFocusOnTab: false
                wrapMode: TextEdit.WrapAnywhere
                textFormat: TextEdit.PlainText
                renderType: TextEdit.NativeRendering
                text: row.modelData.value
                color: Theme.text
                selectionColor: Theme.accent
                selectedTextColor: Theme.accentText
                font.family: Theme.family
                font.pixelSize: Theme.textBody
                font.weight: row.isChanged ? Font.DemiBold : Font.Normal
            }
            Badge {
                visible: row.isChanged
                text: root.changedHint
                kind: "accent"
            }
        }
    }
}
