// SPDX-License-Identifier: GPL-3.0-or-later
// Asks before something that cannot be undone. `text` names the size and the consequence.
import QtQuick
import Greylag

AppDialog {
    id: root

    property string text
    property string actionText: qsTr("Delete")
    property bool isDanger: true

    signal confirmed

    maximumWidth: 440
    onOpened: cancel.forceActiveFocus()
    buttons: [
        AppButton {
            id: cancel

            text: qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            text: root.actionText
            kind: root.isDanger ? "danger" : "primary"
            onClicked: {
                root.accept();
                root.confirmed();
            }
        }
    ]

    Body {
        width: root.availableWidth
        text: root.text
        muted: true
    }
}
