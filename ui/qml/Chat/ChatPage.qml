// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations on the left, the open one in the middle, its options in a drawer on the right.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Item {
    id: root

    readonly property bool isNarrow: width < 760
    readonly property int listWidth: Math.round(236 * Math.max(1, Theme.scale))
    property bool isDrawerOpen: false

    function openWish() {
        const wish = Navigator.take("chat");
        if (!wish)
            return;
        if (wish.isNew || wish.model) {
            session.startNew();
            if (wish.model)
                session.chooseTarget(wish.model);
            if (wish.adapter)
                session.chooseAdapter(wish.adapter);
            composer.focusInput();
        }
        if (wish.conversation)
            session.open(wish.conversation);
    }

    // A conversation may name a model that is gone.
    function ensureTarget() {
        if (targets.isKnown && targets.hasUsableModel
                && targets.indexOf(session.options.target) < 0)
            session.chooseTarget(targets.defaultTarget());
    }
    function startNew() {
        session.startNew();
        composer.focusInput();
    }

    Component.onCompleted: {
        const last = Number(AppSettings.remembered("chat/last", 0));
        if (last > 0)
            session.open(last);
        else
            session.startNew();
        openWish();
    }
    onVisibleChanged: if (visible) composer.focusInput()

    Connections {
        target: Navigator

        function onWishChanged() {
            root.openWish();
        }
    }
    ChatTargets {
        id: targets

        engine: Engine
        onTargetsChanged: root.ensureTarget()
    }
    ChatSession {
        id: session

        engine: Engine
        store: ChatStore
        targets: targets
        onConversationChanged: {
            // qmllint disable
            AppSettings.remember("chat/last", session.conversationId);
            // qmllint enable
            root.ensureTarget();
        }
    }
    Connections {
        target: ChatStore

        function onFailed(reason: string) {
            Toaster.fail(reason);
        }
    }

    // The conversations of a narrow window.
    T.Popup {
        id: listDrawer

        width: Math.min(root.listWidth + 60, root.width)
        height: root.height
        padding: 0
        modal: true
        focus: true
        onOpened: drawerList.focusList()

        contentItem: ConversationList {
            id: drawerList

            session: session
            onNewRequested: {
                listDrawer.close();
                root.startNew();
            }
            onOpened: listDrawer.close()
        }
        T.Overlay.modal: Rectangle {
            color: Theme.shade
        }
    }
    onIsNarrowChanged: if (!isNarrow) listDrawer.close()

    RowLayout {
        anchors.fill: parent
        spacing: 0

        ConversationList {
            Layout.fillHeight: true
            Layout.preferredWidth: root.listWidth
            visible: !root.isNarrow
            session: session
            onNewRequested: root.startNew()
        }
        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: 0

            ChatHeader {
                Layout.fillWidth: true
                session: session
                targets: targets
                isDrawerOpen: root.isDrawerOpen
                isListShown: !root.isNarrow
                onListRequested: listDrawer.open()
                onDrawerToggled: root.isDrawerOpen = !root.isDrawerOpen
            }
            Item {
                Layout.fillWidth: true
                Layout.fillHeight: true

                MessageList {
                    id: messageList

                    anchors.fill: parent
                    session: session
                }
                EmptyState {
                    anchors.centerIn: parent
                    visible: session.messages.count === 0
                    iconName: targets.isKnown && !targets.hasUsableModel ? "models" : "chat"
                    title: targets.isKnown && !targets.hasUsableModel ? qsTr("No model yet")
                                                                      : qsTr("Say something")
                    text: targets.isKnown && !targets.hasUsableModel
                          ? qsTr("Get a model from the catalogue or import a file, then chat with it here.")
                          : qsTr("Everything stays on this computer. Your conversations are saved as you write.")
                    actionText: targets.isKnown && !targets.hasUsableModel ? qsTr("Open Models") : ""
                    actionIcon: "models"
                    onActionTriggered: Navigator.go("models", null)
                }
            }
            Composer {
                id: composer

                Layout.fillWidth: true
                session: session
                canSend: Engine.isConnected && targets.hasUsableModel
                onScrollRequested: share => messageList.scrollBy(share)
            }
        }
        SamplerDrawer {
            Layout.fillHeight: true
            Layout.preferredWidth: Math.round(304 * Math.max(1, Theme.scale))
            visible: root.isDrawerOpen
            session: session
            onClosed: root.isDrawerOpen = false
        }
    }
}
