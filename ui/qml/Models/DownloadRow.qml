// SPDX-License-Identifier: GPL-3.0-or-later
// One download: progress, speed, time left, and what can be done with it.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property string downloadId
    required property string name
    required property string stateText
    required property string error
    required property real progress
    required property string detail
    required property bool canPause
    required property bool canResume
    required property bool canCancel

    signal controlled(string word)

    spacing: Theme.xs
    Accessible.role: Accessible.ListItem
    Accessible.name: name + ", " + stateText + ", " + detail

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        Body {
            Layout.fillWidth: true
            text: root.name
            font.weight: Font.Medium
            elide: Text.ElideMiddle
            wrapMode: Text.NoWrap
        }
        Body {
            muted: true
            small: true
            wrapMode: Text.NoWrap
            text: [root.stateText, root.detail].filter(part => part !== "").join(" · ")
        }
        IconButton {
            visible: root.canPause
            iconName: "pause"
            label: qsTr("Pause %1").arg(root.name)
            onClicked: root.controlled("pause")
        }
        IconButton {
            visible: root.canResume
            iconName: "play"
            label: qsTr("Resume %1").arg(root.name)
            onClicked: root.controlled("resume")
        }
        IconButton {
            visible: root.canCancel
            iconName: "close"
            label: qsTr("Cancel %1").arg(root.name)
            onClicked: root.controlled("cancel")
        }
    }
    AppProgressBar {
        Layout.fillWidth: true
        visible: root.canPause || root.canResume || root.canCancel
        indeterminate: root.progress < 0 && root.canPause
        value: Math.max(0, root.progress)
        color: root.error !== "" ? Theme.bad : Theme.accent
        Accessible.name: root.name
    }
    Body {
        Layout.fillWidth: true
        visible: root.error !== ""
        small: true
        color: Theme.bad
        text: root.error
    }
}
