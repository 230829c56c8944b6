// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of the navigation rail.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    required property string iconName
    property bool isCurrent: false
    property bool isWide: true
    property string shortcutText

    implicitHeight: Theme.controlHeight + 4
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.PageTab
    Accessible.name: text
    Accessible.description: shortcutText
    Accessible.selected: isCurrent
    Keys.onReturnPressed: root.clicked()

    contentItem: Item {
        Icon {
            id: icon

            x: root.isWide ? 11 : (parent.width - width) / 2
            anchors.verticalCenter: parent.verticalCenter
            name: root.iconName
            color: root.isCurrent ? Theme.accent : Theme.textMuted
        }
        Text {
            anchors.left: icon.right
            anchors.leftMargin: 11
            anchors.right: parent.right
            anchors.rightMargin: 8
            anchors.verticalCenter: parent.verticalCenter
            visible: root.isWide
            text: root.text
            color: root.isCurrent ? Theme.text : Theme.textMuted
            font.family: Theme.family
            font.pixelSize: Theme.textBody
            font.weight: root.isCurrent ? Font.DemiBold : Font.Medium
            elide: Text.ElideRight
            textFormat: Text.PlainText
            renderType: Text.NativeRendering
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.isCurrent ? Theme.accentSoft : root.down ? Theme.pressed
             : root.hovered ? Theme.hover : "transparent"

        FocusRing {
            visible: root.visualFocus
            inset: 0
        }
    }
    AppToolTip {
        x: parent.width + 6
        y: (parent.height - height) / 2
        text: root.shortcutText === "" ? root.text : root.text + "  " + root.shortcutText
        visible: root.hovered && (!root.isWide || root.shortcutText !== "")
        delay: root.isWide ? 900 : 300
    }
}
