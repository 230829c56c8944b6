// SPDX-License-Identifier: GPL-3.0-or-later
// One conversation in the list; F2 renames, Delete deletes.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    required property var conversationId
    required property string title
    required property double updated
    property bool isCurrent: false
    property bool isRenaming: false

    signal opened
    signal renamed(string title)
    signal removed

    function startRenaming() {
        root.isRenaming = true;
        editor.text = root.title;
        editor.forceActiveFocus();
        editor.selectAll();
    }

    implicitHeight: Theme.controlHeight + 2
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.ListItem
    Accessible.name: title
    Accessible.selected: isCurrent
    onClicked: root.opened()
    Keys.onReturnPressed: root.opened()
    Keys.onDeletePressed: root.removed()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F2) {
            root.startRenaming();
            event.accepted = true;
        }
    }

    contentItem: Item {
        Body {
            x: 10
            width: parent.width - 14 - (more.visible ? more.width : 0)
            anchors.verticalCenter: parent.verticalCenter
            visible: !root.isRenaming
            text: root.title
            color: root.isCurrent ? Theme.text : Theme.textMuted
            font.weight: root.isCurrent ? Font.Medium : Font.Normal
            elide: Text.ElideRight
            wrapMode: Text.NoWrap
        }
        AppTextField {
            id: editor

            anchors.fill: parent
            anchors.margins: 1
            visible: root.isRenaming
            label: qsTr("Name of the chat")
            onAccepted: {
                root.isRenaming = false;
                root.renamed(text);
            }
            onActiveFocusChanged: if (!activeFocus) root.isRenaming = false
            Keys.onEscapePressed: root.isRenaming = false
        }
        IconButton {
            id: more

            anchors.right: parent.right
            anchors.rightMargin: 2
            anchors.verticalCenter: parent.verticalCenter
            visible: !root.isRenaming && (root.hovered || hovered || menu.visible || root.isCurrent)
            size: Theme.iconSize - 2
            iconName: "more"
            label: qsTr("More")
            focusPolicy: Qt.NoFocus
            onClicked: menu.popup(more, 0, more.height)
        }
        AppMenu {
            id: menu

            AppMenuItem {
                text: qsTr("Rename")
                iconName: "edit"
                onTriggered: root.startRenaming()
            }
            AppMenuItem {
                text: qsTr("Delete")
                iconName: "trash"
                isDanger: true
                onTriggered: root.removed()
            }
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.isCurrent ? Theme.accentSoft : root.hovered ? Theme.hover : "transparent"

        FocusRing {
            visible: root.visualFocus
            inset: 0
        }
    }
}
