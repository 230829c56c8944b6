// SPDX-License-Identifier: GPL-3.0-or-later
// Makes another file of an installed model: for other programs (GGUF), or smaller in a block format.
import QtQuick
import QtQuick.Layouts
import Greylag

AppDialog {
    id: root

    required property ModelConversion conversion
    property string modelId
    property real parameters: 0
    property string format: ".gguf"
    property string proposed
    readonly property string type: typeBox.currentValue === undefined ? "" : typeBox.currentValue
    readonly property string nameProblem: conversion.nameProblem(nameField.text)

    function ask(modelId: string, parameters: real) {
        root.modelId = modelId;
        root.parameters = parameters;
        root.format = ".gguf";
        root.propose(true);
        root.open();
        typeBox.forceActiveFocus();
    }
    // A name that the user wrote stays.
    function propose(always: bool) {
        const name = root.conversion.proposedName(root.modelId, root.type);
        if (always || nameField.text === root.proposed)
            nameField.text = name;
        root.proposed = name;
    }

    title: qsTr("Convert %1").arg(modelId)
    maximumWidth: 560
    buttons: [
        AppButton {
            text: qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            enabled: root.nameProblem === "" && root.type !== "" && Engine.isConnected
                     && !root.conversion.isRunning
            kind: "primary"
            iconName: "refresh"
            text: qsTr("Convert")
            onClicked: {
                root.conversion.start(root.modelId, root.type, nameField.text.trim() + root.format);
                root.accept();
            }
        }
    ]

    ColumnLayout {
        width: root.availableWidth
        spacing: Theme.m

        Body {
            Layout.fillWidth: true
            muted: true
            text: qsTr("The result is a new model in your library; this one stays as it is.")
        }
        FormRow {
            Layout.fillWidth: true
            label: qsTr("File format")

            SegmentedControl {
                label: qsTr("File format")
                value: root.format
                options: [{value: ".gguf", text: ".gguf"}, {value: ".safetensors", text: ".safetensors"},
                          {value: ".pth", text: ".pth"}]
                onChosen: value => {
                    root.format = value;
                    typeBox.currentIndex = 0;
                    root.propose(false);
                }
            }
        }
        Body {
            Layout.fillWidth: true
            small: true
            muted: true
            text: root.format === ".gguf"
                  ? qsTr("Opens in llama.cpp and the programs made on it, with its vocabulary inside.")
                  : root.format === ".pth"
                    ? qsTr("What PyTorch and the RWKV tools read; unquantised only.")
                    : qsTr("Holds every number format. Quantised ones are for Greylag alone.")
        }
        FormRow {
            Layout.fillWidth: true
            label: qsTr("Number format")

            AppComboBox {
                id: typeBox

                implicitWidth: 340
                label: qsTr("Number format")
                model: root.conversion.types(root.format)
                textRole: "text"
                valueRole: "value"
                noteRole: "note"
                onActivated: root.propose(false)
            }
        }
        FormRow {
            Layout.fillWidth: true
            label: qsTr("Name")

            AppTextField {
                id: nameField

                implicitWidth: 340
                label: qsTr("Name of the new model")
                problem: root.nameProblem
            }
        }
        Body {
            Layout.fillWidth: true
            visible: root.nameProblem !== ""
            small: true
            color: Theme.bad
            text: root.nameProblem
        }
        Body {
            Layout.fillWidth: true
            visible: text !== ""
            small: true
            text: root.conversion.sizeNote(root.type, root.parameters)
        }
    }
}
