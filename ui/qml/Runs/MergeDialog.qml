// SPDX-License-Identifier: GPL-3.0-or-later
// Makes an installed model of a checkpoint, and shows by how much the merged model differs from
// base plus adapter.
import QtQuick
import QtQuick.Layouts
import Greylag

AppDialog {
    id: root

    required property RunLibrary library
    required property RunView view
    property real step: 0
    property string format: ".safetensors"
    property bool isBusy: false
    property string trouble
    property string mergedModel
    property real difference: 0
    readonly property bool isFull: view.method === "full"
    readonly property bool isDone: mergedModel !== ""
    readonly property string nameProblem: view.nameProblem(nameField.text)

    function ask(step: real) {
        root.step = step;
        root.trouble = "";
        root.mergedModel = "";
        nameField.text = root.view.mergedName();
        root.open();
        nameField.forceActiveFocus();
    }

    title: isFull ? qsTr("Install step %1 as a model").arg(step) : qsTr("Merge step %1 into a model").arg(step)
    buttons: [
        AppButton {
            text: root.isBusy || root.isDone ? qsTr("Close") : qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            visible: !root.isDone
            enabled: !root.isBusy && root.nameProblem === "" && Engine.isConnected
            kind: "primary"
            iconName: root.isFull ? "download" : "merge"
            text: root.isFull ? qsTr("Install") : qsTr("Merge")
            onClicked: {
                root.isBusy = true;
                root.trouble = "";
                root.library.merge(root.view.runId, root.step, nameField.text.trim() + root.format);
            }
        },
        AppButton {
            visible: root.isDone
            kind: "primary"
            iconName: "chat"
            text: qsTr("Chat with it")
            onClicked: {
                root.accept();
                Navigator.go("chat", {isNew: true, model: root.mergedModel});
            }
        }
    ]

    ColumnLayout {
        width: root.availableWidth
        spacing: Theme.m

        Connections {
            target: root.library
            function onMerged(modelId: string, path: string, largestDifference: real) {
                root.isBusy = false;
                root.mergedModel = modelId;
                root.difference = largestDifference;
            }
            function onMergeFailed(message: string) {
                root.isBusy = false;
                root.trouble = message;
            }
        }
        Banner {
            Layout.fillWidth: true
            visible: root.trouble !== ""
            kind: "bad"
            text: root.trouble
        }
        Body {
            Layout.fillWidth: true
            visible: !root.isDone
            muted: true
            text: qsTr("The result is a complete model in your library. The run and the base model stay as they are.")
        }
        RowLayout {
            Layout.fillWidth: true
            visible: !root.isDone
            spacing: Theme.s

            AppTextField {
                id: nameField

                Layout.fillWidth: true
                enabled: !root.isBusy
                label: qsTr("Name of the model")
                problem: root.nameProblem
            }
            SegmentedControl {
                enabled: !root.isBusy
                label: qsTr("File format")
                value: root.format
                options: [{value: ".safetensors", text: ".safetensors"}, {value: ".pth", text: ".pth"}]
                onChosen: value => root.format = value
            }
        }
        Body {
            Layout.fillWidth: true
            visible: !root.isDone && root.nameProblem !== ""
            small: true
            color: Theme.bad
            text: root.nameProblem
        }
        RowLayout {
            visible: root.isBusy
            spacing: Theme.s

            Spinner {}
            Body {
                muted: true
                text: qsTr("Merging, then comparing both models' answers…")
            }
        }
        Banner {
            Layout.fillWidth: true
            visible: root.isDone
            kind: "good"
            text: qsTr("%1 is in your library.").arg(root.mergedModel)
        }
        FactTable {
            Layout.fillWidth: true
            visible: root.isDone
            rows: [{label: qsTr("Largest logit difference"),
                    value: root.difference === 0 ? "0" : root.difference.toExponential(2)}]
        }
        Body {
            Layout.fillWidth: true
            visible: root.isDone
            muted: true
            small: true
            text: qsTr("Between base plus adapter and the merged model. Small numbers (below about 0.01) come from rounding.")
        }
    }
}
