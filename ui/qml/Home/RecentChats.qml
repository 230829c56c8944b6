// SPDX-License-Identifier: GPL-3.0-or-later
// The last conversations.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Card {
    id: root

    title: qsTr("Recent chats")

    ConversationModel {
        id: conversations

        store: ChatStore
    }
    Body {
        Layout.fillWidth: true
        visible: conversations.count === 0
        muted: true
        text: qsTr("Your conversations appear here as soon as you have had one.")
    }
    ColumnLayout {
        Layout.fillWidth: true
        Layout.leftMargin: -Theme.s
        Layout.rightMargin: -Theme.s
        spacing: 0

        Repeater {
            model: conversations

            T.AbstractButton {
                id: row

                required property int index
                required property var conversationId
                required property string title
                required property double updated

                Layout.fillWidth: true
                visible: index < 5
                implicitHeight: Theme.controlHeight + 2
                hoverEnabled: true
                focusPolicy: Qt.StrongFocus
                text: title
                Accessible.name: title
                onClicked: Navigator.go("chat", {conversation: conversationId})
                Keys.onReturnPressed: clicked()

                contentItem: RowLayout {
                    spacing: Theme.s

                    Icon {
                        Layout.leftMargin: Theme.s
                        name: "chat"
                        size: Theme.iconSize - 2
                    }
                    Body {
                        Layout.fillWidth: true
                        text: row.title
                        elide: Text.ElideRight
                        wrapMode: Text.NoWrap
                    }
                    Body {
                        Layout.rightMargin: Theme.s
                        muted: true
                        small: true
                        text: AppInfo.ago(row.updated)
                    }
                }
                background: Rectangle {
                    radius: Theme.radiusSmall
                    color: row.hovered ? Theme.hover : "transparent"

                    FocusRing {
                        visible: row.visualFocus
                        inset: 0
                    }
                }
            }
        }
    }
    Item {
        Layout.fillHeight: true
    }
}
