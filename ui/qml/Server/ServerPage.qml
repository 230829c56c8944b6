// SPDX-License-Identifier: GPL-3.0-or-later
// How other programs use the models: address, token, examples, and what they are asking right now.
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    id: root

    title: qsTr("Server")
    subtitle: qsTr("Any program that speaks OpenAI's protocol can use your models. Only programs on this computer can connect.")
    actions: [
        Badge {
            kind: Engine.isConnected ? "good" : "bad"
            iconName: Engine.isConnected ? "check" : "alert"
            text: Engine.isConnected ? qsTr("Listening on port %1").arg(Engine.port)
                                     : qsTr("Not listening")
        }
    ]

    ApiAccess {
        id: access

        engine: Engine
        onRenewed: Toaster.show(qsTr("New token. Programs with the old one are refused from now on."))
        onFailed: reason => Toaster.fail(reason)
    }
    ChatTargets {
        id: targets

        engine: Engine
    }
    EngineForm {
        id: form

        engine: Engine
        onFailed: reason => Toaster.fail(reason)
    }
    ConfirmDialog {
        id: renewDialog

        title: qsTr("Make a new token?")
        text: qsTr("Programs that use the present token are refused until you give them the new one.")
        actionText: qsTr("Make a new token")
        isDanger: false
        onConfirmed: access.renewToken()
    }

    Card {
        Layout.fillWidth: true
        title: qsTr("Connection")
        spacing: Theme.l

        FormRow {
            Layout.fillWidth: true
            label: qsTr("Base URL")

            SecretField {
                Layout.preferredWidth: 380
                text: access.baseUrl
                label: qsTr("Base URL")
                isSecret: false
            }
        }
        FormRow {
            Layout.fillWidth: true
            label: qsTr("Token")
            note: qsTr("Programs send it as their API key. It cannot start runs or delete models.")

            SecretField {
                Layout.preferredWidth: 380
                text: access.token
                label: qsTr("Token")
            }
            IconButton {
                iconName: "refresh"
                label: qsTr("Make a new token")
                enabled: Engine.isConnected
                onClicked: renewDialog.open()
            }
        }
        FormRow {
            Layout.fillWidth: true
            label: qsTr("Port")
            note: form.needsRestart ? qsTr("Used after the engine has been restarted.")
                : Engine.isConnected && Engine.takenPort > 0
                ? qsTr("Another program uses port %1; at the moment it is %2.").arg(Engine.takenPort)
                                                                               .arg(Engine.port)
                : qsTr("Stays the same from start to start.")

            NumberField {
                label: qsTr("Port")
                from: 1024
                to: 65535
                enabled: form.isKnown
                value: form.port
                onEdited: value => form.setPort(value)
            }
            AppButton {
                visible: form.needsRestart
                kind: "primary"
                text: qsTr("Restart now")
                onClicked: Engine.restart()
            }
        }
    }
    ExampleCard {
        Layout.fillWidth: true
        access: access
        targets: targets
    }
    RequestTable {
        Layout.fillWidth: true
    }
}
