// SPDX-License-Identifier: GPL-3.0-or-later
// The download queue, and the catalogue below it.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property ModelLibrary library

    spacing: Theme.m

    Card {
        Layout.fillWidth: true
        visible: root.library.downloadCount > 0
        title: qsTr("Downloads")
        note: qsTr("They go on while this page is closed, and after a restart from where they were.")
        spacing: Theme.s

        Repeater {
            model: root.library.downloads

            DownloadRow {
                Layout.fillWidth: true
                onControlled: word => root.library.controlDownload(downloadId, word)
            }
        }
    }
    Repeater {
        model: root.library.catalogue

        CatalogueCard {
            Layout.fillWidth: true
            onDownloadRequested: root.library.download(entryId)
        }
    }
    HubSearchCard {
        Layout.fillWidth: true
        library: root.library
    }
    Item {
        Layout.fillWidth: true
        visible: root.library.isLoaded && root.library.catalogueCount === 0
        implicitHeight: empty.implicitHeight + 2 * Theme.xxl

        EmptyState {
            id: empty

            anchors.centerIn: parent
            iconName: "download"
            title: qsTr("The catalogue is empty")
            text: qsTr("Use “Download from a link” with a link and its SHA-256, or import a file.")
        }
    }
}
