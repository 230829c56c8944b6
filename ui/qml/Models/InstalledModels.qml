// SPDX-License-Identifier: GPL-3.0-or-later
// The installed models, and below them the adapters, tuned states and reasoning cores.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property ModelLibrary library
    property string pending  // id the open dialog asks about

    signal importRequested
    signal catalogueRequested
    signal convertRequested(string modelId, real parameters)

    spacing: Theme.m

    Repeater {
        model: root.library.models

        ModelCard {
            Layout.fillWidth: true
            onLoadRequested: isLoaded ? root.library.unload(modelId) : root.library.load(modelId)
            onInspectRequested: {
                root.library.inspectModel(modelId);
                inspectDialog.open();
            }
            onChatRequested: Navigator.go("chat", {isNew: true, model: modelId})
            onTrainRequested: Navigator.go("train", {model: modelId})
            onConvertRequested: root.convertRequested(modelId, parameterCount)
            onDeleteRequested: {
                root.pending = modelId;
                deleteModel.text = root.library.removalText(modelId);
                deleteModel.open();
            }
        }
    }
    Item {
        Layout.fillWidth: true
        visible: root.library.isLoaded && root.library.modelCount === 0
        implicitHeight: empty.implicitHeight + 2 * Theme.xxl

        EmptyState {
            id: empty

            anchors.centerIn: parent
            iconName: "models"
            title: qsTr("No model yet")
            text: qsTr("Import a checkpoint that you have, or download one from the catalogue.")
            actionText: qsTr("Open the catalogue")
            actionIcon: "download"
            onActionTriggered: root.catalogueRequested()
        }
    }
    RowLayout {
        visible: !root.library.isLoaded && Engine.isConnected
        Layout.alignment: Qt.AlignHCenter
        Layout.topMargin: Theme.xl
        spacing: Theme.s

        Spinner {}
        Body {
            muted: true
            text: qsTr("Looking into the library…")
        }
    }
    Heading {
        Layout.topMargin: Theme.m
        visible: root.library.adapterCount > 0
        text: qsTr("Adapters, tuned states and reasoning cores")
    }
    Card {
        Layout.fillWidth: true
        visible: root.library.adapterCount > 0
        spacing: 0

        Repeater {
            model: root.library.adapters

            AdapterRow {
                Layout.fillWidth: true
                onChatRequested: Navigator.go("chat", {isNew: true, model: baseModel,
                                                       adapter: adapterId})
                onAlphaRequested: alphaDialog.ask(adapterId)
                onDeleteRequested: {
                    root.pending = adapterId;
                    deleteAdapter.text = root.library.adapterRemovalText(adapterId);
                    deleteAdapter.open();
                }
            }
        }
    }
    AlphaDialog {
        id: alphaDialog

        library: root.library
    }
    InspectDialog {
        id: inspectDialog

        library: root.library
    }
    ConfirmDialog {
        id: deleteModel

        title: qsTr("Delete %1?").arg(root.pending)
        onConfirmed: root.library.remove(root.pending)
    }
    ConfirmDialog {
        id: deleteAdapter

        title: qsTr("Delete %1?").arg(root.pending)
        onConfirmed: root.library.removeAdapter(root.pending)
    }
}
