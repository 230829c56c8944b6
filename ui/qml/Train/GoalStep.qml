// SPDX-License-Identifier: GPL-3.0-or-later
// Step 1: what is the model to learn, and therefore how?
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form

    spacing: Theme.m

    Heading {
        Layout.fillWidth: true
        text: qsTr("What do you want to teach?")
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width > 620 ? 2 : 1
        columnSpacing: Theme.m
        rowSpacing: Theme.m

        Repeater {
            model: [
                {value: "style", title: qsTr("A style"),
                 note: qsTr("How it talks: tone, length, politeness, a character.")},
                {value: "facts", title: qsTr("Facts or documents"),
                 note: qsTr("What it knows: a product, a field, your notes.")},
                {value: "task", title: qsTr("A task with a fixed form"),
                 note: qsTr("What it does: extract, classify, translate, fill a form.")},
                {value: "pretrain", title: qsTr("Continue pretraining"),
                 note: qsTr("Much plain text in a language or field it hardly knows.")}
            ]

            ChoiceCard {
                required property var modelData

                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.fillHeight: true
                title: modelData.title
                note: modelData.note
                isChosen: root.form.goal === modelData.value
                onClicked: root.form.goal = modelData.value
            }
        }
    }
    Heading {
        Layout.fillWidth: true
        Layout.topMargin: Theme.s
        level: 3
        text: qsTr("Method")
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width > 620 ? 2 : 1
        columnSpacing: Theme.m
        rowSpacing: Theme.s

        Repeater {
            model: [
                {value: "lora", title: qsTr("LoRA")},
                {value: "state", title: qsTr("State tuning")},
                {value: "full", title: qsTr("Full finetuning")},
                {value: "hrm", title: qsTr("HRM reasoning core (experimental)")}
            ]

            ChoiceCard {
                required property var modelData

                Layout.fillWidth: true
                Layout.preferredWidth: 1
                padding: Theme.m
                title: modelData.title
                isChosen: root.form.method === modelData.value
                onClicked: root.form.method = modelData.value
            }
        }
    }
    Body {
        Layout.fillWidth: true
        muted: true
        text: root.form.methodReason
    }
    Body {
        Layout.fillWidth: true
        visible: root.form.method !== root.form.proposedMethod
        small: true
        color: Theme.warm
        text: qsTr("For this goal Greylag proposes another method; yours works too.")
    }
}
