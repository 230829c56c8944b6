// SPDX-License-Identifier: GPL-3.0-or-later
// The messages. Stays at the end while an answer grows, unless the user scrolled up.
import QtQuick
import QtQuick.Templates as T
import Greylag

ListView {
    id: root

    required property ChatSession session
    property bool isFollowing: true
    readonly property int side: Math.max(Theme.xl, (width - 780) / 2)

    function lastY(): real {
        return Math.max(root.originY - root.topMargin,
                        root.originY + root.contentHeight + root.bottomMargin - root.height);
    }
    function follow() {
        if (!root.isFollowing)
            return;
        root.positionViewAtEnd();
        root.contentY = root.lastY();  // the margin too, so that atYEnd holds
    }
    // By a part of what is seen; the user's wish, as turning the wheel is.
    function scrollBy(share: real) {
        const wanted = root.contentY + share * root.height;
        root.contentY = Math.max(root.originY - root.topMargin, Math.min(wanted, root.lastY()));
        root.isFollowing = root.atYEnd;
    }

    clip: true
    model: session.messages
    spacing: Theme.s
    topMargin: Theme.xl
    bottomMargin: Theme.l
    cacheBuffer: 1200
    boundsBehavior: Flickable.StopAtBounds
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Messages")
    T.ScrollBar.vertical: AppScrollBar {
        onPressedChanged: root.isFollowing = !pressed && root.atYEnd
    }
    onContentHeightChanged: layoutTimer.restart()
    onHeightChanged: layoutTimer.restart()
    onCountChanged: {
        root.isFollowing = true;
        layoutTimer.restart();
    }
    onMovementStarted: root.isFollowing = false
    onMovementEnded: root.isFollowing = root.atYEnd

    Timer {
        id: layoutTimer  // after the delegates have their heights

        interval: 0
        onTriggered: root.follow()
    }

    delegate: Item {
        id: row

        required property int index
        required property var messageId
        required property string role
        required property string messageText
        required property BlockModel blocks
        required property string messageState
        required property string errorText
        required property string modelName
        required property string adapterName
        required property int tokens
        required property double tokensPerSecond
        required property double roofShare
        required property double firstTokenMs
        required property int siblingIndex
        required property int siblingCount

        width: ListView.view.width
        height: role === "user" ? question.implicitHeight : answer.implicitHeight

        QuestionDelegate {
            id: question

            x: root.side
            width: row.width - 2 * root.side
            visible: row.role === "user"
            text: row.messageText
            siblingIndex: row.siblingIndex
            siblingCount: row.siblingCount
            onEdited: text => {
                if (!root.session.editQuestion(row.messageId, text))
                    question.startEditing(text);
            }
            onBranchRequested: step => root.session.switchBranch(row.messageId, step)
        }
        AnswerDelegate {
            id: answer

            x: root.side
            width: row.width - 2 * root.side
            visible: row.role !== "user"
            blocks: row.blocks
            text: row.messageText
            messageState: row.messageState
            errorText: row.errorText
            modelName: row.modelName
            adapterName: row.adapterName
            tokens: row.tokens
            tokensPerSecond: row.tokensPerSecond
            roofShare: row.roofShare
            firstTokenMs: row.firstTokenMs
            siblingIndex: row.siblingIndex
            siblingCount: row.siblingCount
            isBusy: root.session.isAnswering
            onRegenerateRequested: root.session.regenerate(row.messageId)
            onResumeRequested: root.session.resume(row.messageId)
            onBranchRequested: step => root.session.switchBranch(row.messageId, step)
        }
    }

    IconButton {
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Theme.m
        parent: root
        visible: !root.isFollowing && !root.atYEnd
        iconName: "chevron-down"
        label: qsTr("To the end")
        background: Rectangle {
            radius: width / 2
            color: Theme.surfaceRaised
            border.width: 1
            border.color: Theme.borderStrong
        }
        onClicked: {
            root.isFollowing = true;
            root.follow();
        }
    }
}
