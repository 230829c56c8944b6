// SPDX-License-Identifier: GPL-3.0-or-later
// Step 3: which file holds the examples?
import QtQuick
import QtQuick.Dialogs
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form

    spacing: Theme.m

    Heading {
        Layout.fillWidth: true
        text: qsTr("Where are the examples?")
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: column.implicitHeight + 2 * Theme.xl
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: 1
        border.color: Theme.borderStrong

        ColumnLayout {
            id: column

            anchors.centerIn: parent
            width: parent.width - 2 * Theme.xl
            spacing: Theme.s

            Icon {
                Layout.alignment: Qt.AlignHCenter
                name: root.form.dataPath === "" ? "upload" : "file"
                color: Theme.accent
                size: 30
            }
            Heading {
                Layout.fillWidth: true
                horizontalAlignment: Text.AlignHCenter
                level: 3
                text: root.form.dataPath === "" ? qsTr("Drop a file here") : root.form.dataName
                wrapMode: Text.WrapAnywhere
            }
            Body {
                Layout.fillWidth: true
                horizontalAlignment: Text.AlignHCenter
                muted: true
                small: true
                wrapMode: Text.WrapAnywhere
                text: root.form.dataPath === "" ? qsTr("or") : root.form.dataNote
            }
            AppButton {
                Layout.alignment: Qt.AlignHCenter
                text: root.form.dataPath === "" ? qsTr("Choose a file…") : qsTr("Choose another…")
                iconName: "folder"
                kind: root.form.dataPath === "" ? "primary" : "normal"
                onClicked: fileDialog.open()
            }
            AppButton {
                Layout.alignment: Qt.AlignHCenter
                visible: root.form.hasSample && root.form.dataPath === ""
                kind: "quiet"
                text: qsTr("Use the sample data")
                hint: qsTr("A few conversations that come with Greylag, for a first try")
                onClicked: root.form.chooseSample()
            }
        }
    }
    Card {
        Layout.fillWidth: true
        title: qsTr("What Greylag reads")
        spacing: Theme.s

        Repeater {
            model: [
                {sample: "{\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}]}",
                 note: qsTr("JSON Lines of conversations. Only the assistant's words are learned.")},
                {sample: "{\"instruction\": \"…\", \"input\": \"…\", \"output\": \"…\"}",
                 note: qsTr("JSON Lines of tasks. Only the output is learned.")},
                {sample: "{\"text\": \"…\"}",
                 note: qsTr("JSON Lines of documents. Everything is learned.")},
                {sample: "[{\"conversations\": [{\"from\": \"human\", \"value\": \"…\"}, {\"from\": \"gpt\", \"value\": \"…\"}]}]",
                 note: qsTr("Rows may be one JSON list too, and conversations in ShareGPT's words or as prompt and completion, question and answer.")},
                {sample: "instruction,output", note: qsTr("Tables (CSV, TSV) by the names of their columns.")},
                {sample: "*.txt", note: qsTr("Plain text. Everything is learned; <|endoftext|> ends a document.")}
            ]

            ColumnLayout {
                id: format

                required property var modelData

                Layout.fillWidth: true
                spacing: 1

                Body {
                    Layout.fillWidth: true
                    font.family: Theme.mono
                    small: true
                    wrapMode: Text.WrapAnywhere
                    text: format.modelData.sample
                }
                Body {
                    Layout.fillWidth: true
                    muted: true
                    small: true
                    text: format.modelData.note
                }
            }
        }
    }
    FileDialog {
        id: fileDialog

        title: qsTr("Training data")
        nameFilters: [qsTr("Training data (*.jsonl *.json *.csv *.tsv *.txt)"), qsTr("All files (*)")]
        onAccepted: root.form.chooseData(selectedFile)
    }
}
