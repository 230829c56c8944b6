// SPDX-License-Identifier: GPL-3.0-or-later
// Step 2: which model learns? Only those that can be used are offered.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form

    spacing: Theme.m

    Heading {
        Layout.fillWidth: true
        text: qsTr("Which model is to learn?")
    }
    Repeater {
        model: root.form.models

        ChoiceCard {
            required property string modelId
            required property string parametersText
            required property string sizeText
            required property string dtype
            required property string shape
            required property bool isBuiltin

            Layout.fillWidth: true
            title: modelId
            badge: isBuiltin ? qsTr("built in") : ""
            note: [parametersText === "" ? "" : qsTr("%1 parameters").arg(parametersText),
                   sizeText, dtype, shape].filter(part => part !== "").join(" · ")
            isChosen: root.form.modelId === modelId
            onClicked: root.form.modelId = modelId
        }
    }
    Item {
        Layout.fillWidth: true
        visible: root.form.modelCount === 0
        implicitHeight: empty.implicitHeight + 2 * Theme.xl

        EmptyState {
            id: empty

            anchors.centerIn: parent
            iconName: "models"
            title: qsTr("No usable model")
            text: qsTr("Import or download one first; the draft stays here.")
            actionText: qsTr("Open Models")
            onActionTriggered: Navigator.go("models", null)
        }
    }
    Body {
        Layout.fillWidth: true
        visible: root.form.refusedModels !== ""
        muted: true
        small: true
        text: qsTr("Not offered: %1").arg(root.form.refusedModels)
    }
}
