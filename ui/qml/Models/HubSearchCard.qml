// SPDX-License-Identifier: GPL-3.0-or-later
// Searches Hugging Face for repositories, opens one and downloads files of it.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property ModelLibrary library

    title: qsTr("Find more on Hugging Face")
    note: qsTr("Words, a repository (owner/name) or its link. Only RWKV-7 models run here; each file is held against the SHA-256 that the host states.")
    spacing: Theme.s

    HubSearchSession {
        id: session

        library: root.library
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        AppTextField {
            id: words

            objectName: "hubWords"

            Layout.fillWidth: true
            iconName: "search"
            label: qsTr("Search Hugging Face")
            placeholderText: qsTr("for example rwkv7 gguf")
            onAccepted: session.search(text)
        }
        AppButton {
            text: qsTr("Search")
            enabled: Engine.isConnected && words.text.trim() !== ""
            onClicked: session.search(words.text)
        }
    }
    RowLayout {
        Layout.fillWidth: true
        visible: session.isBusy
        spacing: Theme.s

        Spinner {
            running: session.isBusy
        }
        Body {
            muted: true
            text: qsTr("Asking the host…")
        }
    }
    Body {
        Layout.fillWidth: true
        objectName: "hubProblem"
        visible: session.problem !== ""
        color: Theme.bad
        text: session.problem
    }
    RowLayout {
        Layout.fillWidth: true
        visible: session.repository !== ""
        spacing: Theme.s

        IconButton {
            iconName: "arrow-left"
            label: qsTr("Back to the repositories")
            onClicked: session.close()
        }
        Heading {
            Layout.fillWidth: true
            level: 3
            text: session.repository
            elide: Text.ElideMiddle
        }
    }
    Repeater {
        model: session.repository === "" ? session.repositories : []

        HubRepositoryRow {
            required property var modelData

            Layout.fillWidth: true
            objectName: "hub:" + modelData.repositoryId
            repositoryId: modelData.repositoryId
            detail: modelData.detail
            onClicked: session.open(repositoryId)
        }
    }
    Repeater {
        model: session.files

        HubFileRow {
            required property var modelData

            Layout.fillWidth: true
            fileName: modelData.fileName
            path: modelData.path
            sizeText: modelData.sizeText
            downloadState: modelData.state
            onDownloadRequested: session.download(path)
        }
    }
    Body {
        Layout.fillWidth: true
        visible: !session.isBusy && session.problem === "" && session.repository !== "" && session.files.length === 0
        muted: true
        text: qsTr("This repository has no model file that can be verified.")
    }
    Body {
        Layout.fillWidth: true
        visible: !session.isBusy && session.hasAnswer && session.repository === "" && session.repositories.length === 0
        muted: true
        text: qsTr("Nothing was found.")
    }
}
