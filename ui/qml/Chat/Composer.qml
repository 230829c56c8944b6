// SPDX-License-Identifier: GPL-3.0-or-later
// Where the user writes: Enter sends, Shift+Enter makes a new line, Escape stops the answer.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: root

    required property ChatSession session
    property bool canSend: true

    signal scrollRequested(real share)

    function focusInput() {
        input.area.forceActiveFocus();
    }
    function submit() {
        if (!root.canSend || root.session.isAnswering || input.text.trim() === "")
            return;
        if (root.session.send(input.text))
            input.text = "";
    }

    implicitHeight: box.height + 2 * Theme.m

    Rectangle {
        id: box

        readonly property int side: Math.max(Theme.l, (parent.width - 804) / 2)

        x: side
        y: Theme.xs
        width: parent.width - 2 * side
        height: Math.max(input.height, Theme.controlHeight) + 14
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: input.area.activeFocus ? 2 : 1
        border.color: input.area.activeFocus ? Theme.focus : Theme.borderStrong

        AppTextArea {
            id: input

            x: 6
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width - sendButton.width - 20
            height: Math.min(200, Math.max(Theme.controlHeight, area.implicitHeight))
            isFramed: false
            label: qsTr("Your message")
            placeholderText: qsTr("Write a message …")
            area.Keys.onPressed: event => {
                const isEnter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                if (isEnter && !(event.modifiers & Qt.ShiftModifier)) {
                    event.accepted = true;
                    root.submit();
                } else if (event.key === Qt.Key_Escape && root.session.isAnswering) {
                    event.accepted = true;
                    root.session.stop();
                } else if (event.key === Qt.Key_PageUp || event.key === Qt.Key_PageDown) {
                    event.accepted = true;
                    root.scrollRequested(event.key === Qt.Key_PageUp ? -0.9 : 0.9);
                }
            }
        }
        IconButton {
            id: sendButton

            anchors.right: parent.right
            anchors.rightMargin: 8
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 8
            width: Theme.controlHeight - 2
            height: width
            enabled: root.session.isAnswering || (root.canSend && input.text.trim() !== "")
            iconName: root.session.isAnswering ? "stop" : "arrow-up"
            label: root.session.isAnswering ? qsTr("Stop (Escape)") : qsTr("Send (Enter)")
            color: Theme.accentText
            background: Rectangle {
                radius: width / 2
                color: sendButton.down ? Theme.accentPressed : sendButton.hovered ? Theme.accentHover
                                                                                  : Theme.accent

                FocusRing {
                    visible: sendButton.visualFocus
                    radius: width / 2
                }
            }
            onClicked: root.session.isAnswering ? root.session.stop() : root.submit()
        }
    }
}
