// SPDX-License-Identifier: GPL-3.0-or-later
// The one thing to do next, chosen by what is there, and the other ways to begin.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    required property HomeOverview overview
    required property ChatTargets targets
    // Who answers a new chat. Reading the list makes this follow it.
    readonly property string modelName: targets.targets.length === 0 ? ""
        : targets.indexOf(ChatStore.lastTarget) >= 0 ? ChatStore.lastTarget : targets.defaultTarget()
    readonly property string kind: Engine.phase === "failed" ? "engine"
        : !targets.isKnown ? "wait"
        : !targets.hasUsableModel ? "model"
        : overview.hasFinishedRun && overview.finishedAdapter !== "" ? "result" : "chat"
    readonly property var facts: ({
        engine: {icon: "alert", title: qsTr("The engine is not running"), text: Engine.message,
                 action: qsTr("Try again"), run: () => Engine.restart()},
        wait: {icon: "clock", title: qsTr("Just a moment"),
               text: qsTr("The engine is starting. It finds your models and tests the devices."),
               action: "", run: () => {}},
        model: {icon: "models", title: qsTr("Get your first model"),
                text: qsTr("Download one from the catalogue, or import a .pth, .safetensors or .gguf file that you have."),
                action: qsTr("Open Models"), run: () => Navigator.go("models", null)},
        result: {icon: "spark", title: qsTr("“%1” has learned").arg(root.overview.finishedName),
                 text: qsTr("The run is finished. Talk to the result."),
                 action: qsTr("Chat with it"),
                 run: () => Navigator.go("chat", {model: root.overview.finishedModel,
                                                  adapter: root.overview.finishedAdapter})},
        chat: {icon: "chat", title: qsTr("Chat with %1").arg(root.modelName),
               text: qsTr("The model is ready on this computer. No account, no network."),
               action: qsTr("New chat"), run: () => Navigator.go("chat", {isNew: true})}
    })
    readonly property var step: facts[kind]

    implicitHeight: column.implicitHeight + 2 * Theme.xl
    radius: Theme.radiusLarge
    color: Theme.accentSoft

    ColumnLayout {
        id: column

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: Theme.xl
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.l

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.l

            Rectangle {
                Layout.alignment: Qt.AlignTop
                implicitWidth: 52
                implicitHeight: 52
                radius: 26
                color: Theme.surface

                Icon {
                    anchors.centerIn: parent
                    name: root.step.icon
                    color: root.kind === "engine" ? Theme.bad : Theme.accent
                    size: 26
                }
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: 3

                Heading {
                    Layout.fillWidth: true
                    level: 2
                    text: root.step.title
                }
                Body {
                    Layout.fillWidth: true
                    muted: true
                    text: root.step.text
                }
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Theme.s

            AppButton {
                visible: root.step.action !== ""
                kind: "primary"
                text: root.step.action
                onClicked: root.step.run()
            }
            AppButton {
                visible: AppInfo.hasPage("Train/TrainPage.qml") && root.targets.hasUsableModel
                iconName: "train"
                text: qsTr("Finetune a model")
                onClicked: Navigator.go("train", null)
            }
            AppButton {
                visible: root.kind === "result"
                iconName: "runs"
                text: qsTr("See the run")
                onClicked: Navigator.go("runs", {run: root.overview.finishedId})
            }
            AppButton {
                visible: root.kind === "chat"
                iconName: "server"
                text: qsTr("Use it from other programs")
                onClicked: Navigator.go("server", null)
            }
            AppButton {
                visible: root.kind === "engine" && Engine.stderrTail !== ""
                iconName: "copy"
                text: qsTr("Copy the engine's messages")
                onClicked: {
                    AppInfo.copyText(Engine.stderrTail);
                    Toaster.show(qsTr("Copied."));
                }
            }
        }
    }
}
