// SPDX-License-Identifier: GPL-3.0-or-later
// What to show where there is nothing yet: what this is for and the one thing to do.
import QtQuick
import Greylag

Column {
    id: root

    property string iconName
    property string title
    property string text
    property string actionText
    property string actionIcon

    signal actionTriggered

    width: Math.min(420, parent ? parent.width - 2 * Theme.xl : 420)
    spacing: Theme.s

    Rectangle {
        anchors.horizontalCenter: parent.horizontalCenter
        width: 64
        height: 64
        radius: 32
        color: Theme.accentSoft

        Icon {
            anchors.centerIn: parent
            name: root.iconName
            color: Theme.accent
            size: 30
        }
    }
    Item {
        width: 1
        height: Theme.xs
    }
    Heading {
        width: parent.width
        horizontalAlignment: Text.AlignHCenter
        level: 2
        text: root.title
    }
    Body {
        width: parent.width
        horizontalAlignment: Text.AlignHCenter
        muted: true
        text: root.text
    }
    Item {
        width: 1
        height: Theme.xs
        visible: button.visible
    }
    AppButton {
        id: button

        anchors.horizontalCenter: parent.horizontalCenter
        visible: root.actionText !== ""
        kind: "primary"
        text: root.actionText
        iconName: root.actionIcon
        onClicked: root.actionTriggered()
    }
}
