// SPDX-License-Identifier: GPL-3.0-or-later
// Device, threads, port, default model, home folder.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    title: qsTr("Engine")
    spacing: Theme.l

    EngineForm {
        id: form

        engine: Engine
        onFailed: reason => Toaster.fail(reason)
    }
    ChatTargets {
        id: targets

        engine: Engine
    }
    Banner {
        Layout.fillWidth: true
        visible: form.needsRestart
        text: qsTr("The new settings are used after the engine has been restarted. Runs go on meanwhile.")
        actionText: qsTr("Restart now")
        onActionTriggered: Engine.restart()
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Device")
        note: Engine.isConnected ? [qsTr("In use: %1").arg(Engine.deviceName), Engine.deviceWhy]
                                   .filter(part => part !== "").join(". ") : ""

        AppComboBox {
            Layout.preferredWidth: 260
            enabled: form.isKnown
            label: qsTr("Device")
            model: form.devices
            textRole: "label"
            noteRole: "note"
            currentIndex: form.devices.findIndex(device => device.id === form.device)
            onActivated: index => {
                if (form.devices[index].isUsable)
                    form.setDevice(form.devices[index].id);
                else
                    Toaster.fail(form.devices[index].note);
                currentIndex = Qt.binding(() => form.devices.findIndex(
                    device => device.id === form.device));
            }
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Processor threads")
        note: qsTr("0 uses all cores.")

        NumberField {
            label: qsTr("Processor threads")
            to: 512
            enabled: form.isKnown
            value: form.threads
            onEdited: value => form.setThreads(value)
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Port")
        note: Engine.isConnected && Engine.takenPort > 0
              ? qsTr("Another program uses port %1; at the moment it is %2.").arg(Engine.takenPort)
                                                                             .arg(Engine.port)
              : qsTr("Where other programs reach the models, on this computer only.")

        NumberField {
            label: qsTr("Port")
            from: 1024
            to: 65535
            enabled: form.isKnown
            value: form.port
            onEdited: value => form.setPort(value)
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Model for requests that name none")

        AppComboBox {
            // The chosen one too while the models are not known.
            readonly property var choices: [{id: "", label: qsTr("The first usable one")}]
                .concat(targets.models)
                .concat(form.defaultModel === ""
                        || targets.models.some(model => model.id === form.defaultModel)
                        ? [] : [{id: form.defaultModel, label: form.defaultModel}])

            Layout.preferredWidth: 260
            enabled: form.isKnown
            label: qsTr("Default model")
            model: choices
            textRole: "label"
            currentIndex: choices.findIndex(choice => choice.id === form.defaultModel)
            onActivated: index => form.setDefaultModel(choices[index].id)
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Home folder")
        note: Engine.homeFolder

        AppButton {
            iconName: "folder"
            text: qsTr("Open")
            onClicked: AppInfo.openFolder(Engine.homeFolder)
        }
    }
}
