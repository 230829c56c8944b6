// SPDX-License-Identifier: GPL-3.0-or-later
// What models are there, and how do I get more? Installed files, the catalogue with its download
// queue, import by dialog or by dropping files anywhere on the page.
import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Greylag

Item {
    id: page

    property string tab: "installed"
    property string trouble

    function takeWish() {
        const wish = Navigator.take("models");
        if (wish !== null && wish.tab !== undefined)
            page.tab = wish.tab;
        if (wish !== null && wish.isImport)
            fileDialog.open();
    }
    Component.onCompleted: page.takeWish()

    Connections {
        target: Navigator
        function onWishChanged() {
            page.takeWish();
        }
    }
    ModelLibrary {
        id: modelLibrary

        engine: Engine
        onFailed: message => page.trouble = message
        onFinished: message => {
            page.trouble = "";
            Toaster.show(message);
        }
    }
    ModelConversion {
        id: modelConversion

        engine: Engine
        onFailed: message => page.trouble = message
        onFinished: message => Toaster.show(message)
    }
    PageScaffold {
        anchors.fill: parent
        title: qsTr("Models")
        subtitle: modelLibrary.diskText
        actions: [
            AppButton {
                text: qsTr("Download from a link")
                iconName: "link"
                enabled: Engine.isConnected
                onClicked: linkDialog.open()
            },
            AppButton {
                text: qsTr("Import a file")
                iconName: "upload"
                kind: "primary"
                enabled: Engine.isConnected
                hint: qsTr("A checkpoint (.pth, .safetensors, .gguf, .bin), an adapter or a vocabulary. You can also drop files on this page.")
                onClicked: fileDialog.open()
            }
        ]

        Banner {
            Layout.fillWidth: true
            visible: page.trouble !== ""
            kind: "bad"
            text: page.trouble
            actionText: qsTr("Dismiss")
            onActionTriggered: page.trouble = ""
        }
        Card {
            Layout.fillWidth: true
            visible: modelLibrary.importName !== ""
            spacing: Theme.s

            Body {
                Layout.fillWidth: true
                text: qsTr("Copying %1 into the library").arg(modelLibrary.importName)
            }
            AppProgressBar {
                Layout.fillWidth: true
                indeterminate: modelLibrary.importProgress < 0
                value: Math.max(0, modelLibrary.importProgress)
                Accessible.name: qsTr("Progress of the import")
            }
            Body {
                Layout.fillWidth: true
                visible: text !== ""
                muted: true
                small: true
                text: modelLibrary.importDetail
            }
        }
        ConversionCard {
            Layout.fillWidth: true
            visible: modelConversion.isRunning
            conversion: modelConversion
        }
        SegmentedControl {
            label: qsTr("Which models")
            value: page.tab
            options: [
                {value: "installed", text: qsTr("Installed")},
                {value: "catalogue", text: modelLibrary.downloadCount > 0
                     ? qsTr("Catalogue and downloads (%1)").arg(modelLibrary.downloadCount)
                     : qsTr("Catalogue")}
            ]
            onChosen: value => page.tab = value
        }
        InstalledModels {
            Layout.fillWidth: true
            visible: page.tab === "installed"
            library: modelLibrary
            onImportRequested: fileDialog.open()
            onCatalogueRequested: page.tab = "catalogue"
            onConvertRequested: (modelId, parameters) => convertDialog.ask(modelId, parameters)
        }
        CatalogueView {
            Layout.fillWidth: true
            visible: page.tab === "catalogue"
            library: modelLibrary
        }
    }
    DropArea {
        id: dropArea

        anchors.fill: parent
        onEntered: drag => drag.accepted = drag.hasUrls && Engine.isConnected
        onDropped: drop => {
            drop.accept(Qt.CopyAction);
            page.tab = "installed";
            modelLibrary.importFiles(drop.urls);
        }
    }
    DropHint {
        anchors.fill: parent
        visible: dropArea.containsDrag
        text: qsTr("Drop to import: the file is copied into the library")
    }
    FileDialog {
        id: fileDialog

        title: qsTr("Import a model, an adapter or a vocabulary")
        fileMode: FileDialog.OpenFiles
        nameFilters: [qsTr("Models, adapters, vocabularies (*.pth *.safetensors *.gguf *.bin *.txt *.json)"),
                      qsTr("All files (*)")]
        onAccepted: modelLibrary.importFiles(selectedFiles)
    }
    ConvertDialog {
        id: convertDialog

        conversion: modelConversion
    }
    LinkDialog {
        id: linkDialog

        library: modelLibrary
        onStarted: page.tab = "catalogue"
    }
}
