// SPDX-License-Identifier: GPL-3.0-or-later
// All conversations: new, search, open, rename, delete with undo.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Rectangle {
    id: root

    required property ChatSession session

    signal newRequested
    signal opened

    function focusList() {
        list.forceActiveFocus(Qt.TabFocusReason);
    }

    color: Theme.background

    ConversationModel {
        id: conversations

        store: ChatStore
        search: field.text
    }
    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Theme.m
        spacing: Theme.s

        AppButton {
            Layout.fillWidth: true
            text: qsTr("New chat")
            iconName: "plus"
            hint: "Ctrl+N"
            onClicked: root.newRequested()
        }
        AppTextField {
            id: field

            Layout.fillWidth: true
            iconName: "search"
            placeholderText: qsTr("Search chats")
            Keys.onEscapePressed: text = ""
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            clip: true
            spacing: 2
            model: conversations
            reuseItems: true
            boundsBehavior: Flickable.StopAtBounds
            activeFocusOnTab: true
            keyNavigationEnabled: true
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Conversations")
            T.ScrollBar.vertical: AppScrollBar {}

            delegate: ConversationRow {
                width: ListView.view.width - 2
                isCurrent: root.session.conversationId === conversationId
                onOpened: {
                    root.session.open(conversationId);
                    root.opened();
                }
                onRenamed: title => conversations.rename(conversationId, title)
                onRemoved: {
                    const id = conversationId;
                    if (isCurrent) {
                        const next = conversations.newestId(id);
                        if (next > 0)
                            root.session.open(next);
                        else
                            root.session.startNew();
                    }
                    conversations.remove(id);
                    Toaster.offer(qsTr("Chat deleted."), qsTr("Undo"), () => {
                        conversations.restore(id);
                        root.session.open(id);
                    });
                }
            }
            Body {
                anchors.horizontalCenter: parent.horizontalCenter
                y: Theme.l
                width: parent.width - Theme.l
                visible: list.count === 0
                horizontalAlignment: Text.AlignHCenter
                muted: true
                small: true
                text: field.text === "" ? qsTr("Your chats appear here.")
                                        : qsTr("No chat contains these words.")
            }
        }
    }
    Divider {
        anchors.right: parent.right
        height: parent.height
    }
}
