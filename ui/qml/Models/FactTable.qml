// SPDX-License-Identifier: GPL-3.0-or-later
// Labels and values, one row each: rows is a list of {label, value[, isChanged]}. Values can be
// selected. A changed one is marked by a word and bold letters. Rows come and go, so they are in a
// positioner: layouts of Qt 6.4 may keep pointers to rows that are gone.
import QtQuick
import Greylag

Column {
    id: root

    property var rows: []
    property string changedHint

    spacing: 0

    Repeater {
        model: root.rows

        Item {
            id: row

            required property var modelData
            readonly property bool isChanged: modelData.isChanged === true

            width: root.width
            height: Math.max(label.implicitHeight, value.implicitHeight) + 6
            Accessible.role: Accessible.StaticText
            Accessible.name: modelData.label + ": " + modelData.value
                             + (isChanged ? ", " + root.changedHint : "")

            Body {
                id: label

                y: 3
                width: Math.min(220, row.width * 0.36)
                muted: true
                text: row.modelData.label
            }
            TextEdit {
                id: value

                x: label.width + Theme.m
                y: 3
                width: row.width - x - (mark.visible ? mark.width + Theme.m : 0)
                readOnly: true
                selectByMouse: true
                activeFocusOnTab: false
                wrapMode: TextEdit.WrapAtWordBoundaryOrAnywhere
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
                id: mark

                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                visible: row.isChanged
                text: root.changedHint
                kind: "accent"
            }
        }
    }
}
