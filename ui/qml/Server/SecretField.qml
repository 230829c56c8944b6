// SPDX-License-Identifier: GPL-3.0-or-later
// A read-only text with copy; a secret is shown as dots until the eye is pressed.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    property string text
    property string label
    property bool isSecret: true
    property bool isShown: false

    spacing: Theme.xs

    AppTextField {
        Layout.fillWidth: true
        readOnly: true
        label: root.label
        font.family: Theme.mono
        font.pixelSize: Theme.textSmall
        echoMode: root.isSecret && !root.isShown ? TextInput.Password : TextInput.Normal
        text: root.text
    }
    IconButton {
        visible: root.isSecret
        iconName: root.isShown ? "eye-off" : "eye"
        label: root.isShown ? qsTr("Hide") : qsTr("Show")
        onClicked: root.isShown = !root.isShown
    }
    IconButton {
        iconName: "copy"
        label: qsTr("Copy")
        enabled: root.text !== ""
        onClicked: {
            AppInfo.copyText(root.text);
            Toaster.show(qsTr("Copied."));
        }
    }
}
