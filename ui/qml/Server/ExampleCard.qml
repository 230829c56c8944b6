// SPDX-License-Identifier: GPL-3.0-or-later
// A request that works as it is, in three languages; the copy has the real token.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property ApiAccess access
    required property ChatTargets targets
    property string language: "curl"
    readonly property string model: modelBox.currentIndex >= 0 && targets.targets.length > 0
                                    ? targets.targets[modelBox.currentIndex].id : ""

    title: qsTr("Try it")
    note: qsTr("The copy contains your token.")

    Flow {
        Layout.fillWidth: true
        spacing: Theme.s

        SegmentedControl {
            label: qsTr("Language of the example")
            options: [{value: "curl", text: "curl"}, {value: "python", text: "Python"},
                      {value: "javascript", text: "JavaScript"}]
            value: root.language
            onChosen: value => root.language = value
        }
        AppComboBox {
            id: modelBox

            width: 240
            label: qsTr("Model or configuration")
            placeholder: qsTr("No model")
            model: root.targets.targets
            textRole: "label"
            noteRole: "note"
        }
        AppButton {
            iconName: "copy"
            text: qsTr("Copy")
            enabled: root.access.token !== ""
            onClicked: {
                AppInfo.copyText(root.access.example(root.language, root.model, false));
                Toaster.show(qsTr("Copied, with the token."));
            }
        }
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: code.implicitHeight + 2 * Theme.m
        radius: Theme.radius
        color: Theme.codeBackground
        border.width: 1
        border.color: Theme.border

        TextEdit {
            id: code

            readonly property string port: Engine.port + root.access.token

            x: Theme.m
            y: Theme.m
            width: parent.width - 2 * Theme.m
            text: port !== "" ? root.access.example(root.language, root.model, true) : ""
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.WrapAnywhere
            textFormat: TextEdit.PlainText
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.accentText
            font.family: Theme.mono
            font.pixelSize: Theme.textSmall
            renderType: Text.NativeRendering
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
}
