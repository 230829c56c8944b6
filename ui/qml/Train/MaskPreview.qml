// SPDX-License-Identifier: GPL-3.0-or-later
// Rows as the model will see them, with what is learned marked by colour and underline.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property DataCheck check
    property int row: 0
    readonly property color learnedColor: Theme.isDark ? "#1d4a3a" : "#c9efd8"

    title: qsTr("As the model sees it")
    onCheckChanged: root.row = 0

    Connections {
        target: root.check
        function onChanged() {
            root.row = Math.max(0, Math.min(root.row, root.check.previewCount - 1));
        }
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        Text {
            text: "<span style=\"background-color:" + root.learnedColor + ";text-decoration:underline\">&nbsp;"
                  + qsTr("learned") + "&nbsp;</span>"
            textFormat: Text.RichText
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            renderType: Text.NativeRendering
        }
        Body {
            small: true
            muted: true
            text: qsTr("given, not learned")
        }
        Item {
            Layout.fillWidth: true
        }
        IconButton {
            iconName: "chevron-left"
            label: qsTr("Previous sample")
            enabled: root.row > 0
            onClicked: --root.row
        }
        Body {
            small: true
            muted: true
            // The count is read so that a new report is shown.
            text: qsTr("line %1").arg(root.check.previewCount > 0 ? root.check.previewLine(root.row) : 1)
            wrapMode: Text.NoWrap
            Layout.minimumWidth: implicitWidth
        }
        IconButton {
            iconName: "chevron-right"
            label: qsTr("Next sample")
            enabled: root.row < root.check.previewCount - 1
            onClicked: ++root.row
        }
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: sample.implicitHeight + 2 * Theme.m
        radius: Theme.radius
        color: Theme.codeBackground

        Text {
            id: sample

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.m
            text: root.check.isDone ? root.check.previewMarkup(root.row, root.learnedColor,
                                                               Theme.textMuted) : ""
            textFormat: Text.RichText
            wrapMode: Text.Wrap
            color: Theme.text
            font.family: Theme.mono
            font.pixelSize: Theme.textSmall
            renderType: Text.NativeRendering
            Accessible.role: Accessible.StaticText
            Accessible.name: root.check.previewText(root.row)
        }
    }
}
