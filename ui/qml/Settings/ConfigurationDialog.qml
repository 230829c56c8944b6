// SPDX-License-Identifier: GPL-3.0-or-later
// Edits one named configuration; nothing is written before Save.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

AppDialog {
    id: root

    required property ConfigurationForm form
    property string oldName
    property var draft: ({})
    readonly property string problem: nameField.text.trim() === "" ? qsTr("Give it a name.")
        : nameField.text.trim() !== oldName && form.hasName(nameField.text.trim())
          ? qsTr("This name exists already.")
        : targets.models.some(model => model.id === nameField.text.trim())
          ? qsTr("A model has this name.")
        : modelBox.currentIndex < 0 ? qsTr("Choose a model.") : ""

    function edit(configuration: var) {
        root.draft = Object.assign({}, configuration || root.form.blank());
        root.oldName = configuration ? configuration.name : "";
        nameField.text = root.draft.name;
        promptArea.text = root.draft.system_prompt;
        modelBox.currentIndex = targets.models.findIndex(model => model.id === root.draft.model);
        if (!configuration && modelBox.currentIndex < 0 && targets.models.length > 0)
            root.chooseModel(0);
        root.showAdapter();
        root.open();
        nameField.forceActiveFocus();
    }
    function set(key: string, value: var) {
        const changed = Object.assign({}, root.draft);
        changed[key] = value;
        root.draft = changed;
    }
    function chooseModel(index: int) {
        modelBox.currentIndex = index;
        root.set("model", targets.models[index].id);
        root.set("adapter", "");
        root.set("state", "");
        root.showAdapter();
    }
    function showAdapter() {
        adapterBox.model = targets.adaptersFor(root.draft.model);
        const chosen = root.draft.adapter !== "" ? root.draft.adapter : root.draft.state;
        adapterBox.currentIndex = adapterBox.model.findIndex(entry => entry.id === chosen);
    }

    title: oldName === "" ? qsTr("New configuration") : qsTr("Edit configuration")
    maximumWidth: 560
    buttons: [
        AppButton {
            text: qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            kind: "primary"
            text: qsTr("Save")
            enabled: root.problem === ""
            hint: root.problem
            onClicked: {
                root.set("name", nameField.text.trim());
                root.set("system_prompt", promptArea.text);
                root.form.save(root.draft, root.oldName);
            }
        }
    ]

    Flickable {
        width: root.availableWidth
        implicitHeight: column.implicitHeight
        contentHeight: column.implicitHeight
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.vertical: AppScrollBar {}

        ChatTargets {
            id: targets

            engine: Engine
        }
        ColumnLayout {
            id: column

            width: parent.width
            spacing: Theme.m

            AppTextField {
                id: nameField

                Layout.fillWidth: true
                placeholderText: qsTr("Name, for example “Patient helper”")
                label: qsTr("Name")
                maximumLength: 80
            }
            RowLayout {
                Layout.fillWidth: true
                spacing: Theme.s

                AppComboBox {
                    id: modelBox

                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    label: qsTr("Model")
                    placeholder: qsTr("Model")
                    model: targets.models
                    textRole: "label"
                    noteRole: "note"
                    onActivated: index => root.chooseModel(index)
                }
                AppComboBox {
                    id: adapterBox

                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    label: qsTr("Adapter")
                    placeholder: qsTr("No adapter")
                    textRole: "label"
                    noteRole: "note"
                    onActivated: index => {
                        const id = model[index].id;
                        root.set("adapter", targets.isState(id) ? "" : id);
                        root.set("state", targets.isState(id) ? id : "");
                    }
                }
            }
            AppTextArea {
                id: promptArea

                Layout.fillWidth: true
                maximumHeight: 110
                label: qsTr("System prompt")
                placeholderText: qsTr("System prompt: who the model is and how it should answer.")
            }
            GridLayout {
                Layout.fillWidth: true
                columns: 2
                columnSpacing: Theme.xl
                rowSpacing: Theme.s

                OptionSlider {
                    Layout.fillWidth: true
                    label: qsTr("Temperature")
                    to: 2
                    value: root.draft.temperature || 0
                    onEdited: value => root.set("temperature", value)
                }
                OptionSlider {
                    Layout.fillWidth: true
                    label: qsTr("Top-p")
                    from: 0.05
                    value: root.draft.top_p || 0
                    onEdited: value => root.set("top_p", value)
                }
                OptionSlider {
                    Layout.fillWidth: true
                    label: qsTr("Presence penalty")
                    to: 2
                    value: root.draft.presence_penalty || 0
                    onEdited: value => root.set("presence_penalty", value)
                }
                OptionSlider {
                    Layout.fillWidth: true
                    label: qsTr("Frequency penalty")
                    to: 2
                    value: root.draft.frequency_penalty || 0
                    onEdited: value => root.set("frequency_penalty", value)
                }
            }
            RowLayout {
                Layout.fillWidth: true

                Body {
                    Layout.fillWidth: true
                    text: qsTr("Longest answer in tokens")
                }
                NumberField {
                    label: qsTr("Longest answer in tokens")
                    from: 1
                    to: 65536
                    value: root.draft.max_tokens || 512
                    onEdited: value => root.set("max_tokens", value)
                }
            }
        }
    }
}
