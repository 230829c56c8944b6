// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads any file by link. The SHA-256 is how a damaged file is told from a good one: where it is
// not given, the host must state it.
import QtQuick
import QtQuick.Layouts
import Greylag

AppDialog {
    id: root

    required property ModelLibrary library
    readonly property string linkProblem: library.linkProblem(link.text, hash.text, file.text)
    property string guessedName

    signal started

    title: qsTr("Download from a link")
    maximumWidth: 600
    onOpened: {
        link.text = "";
        hash.text = "";
        file.text = "";
        root.guessedName = "";
        link.forceActiveFocus();
    }
    buttons: [
        AppButton {
            text: qsTr("Cancel")
            onClicked: root.reject()
        },
        AppButton {
            text: qsTr("Download")
            kind: "primary"
            iconName: "download"
            enabled: root.linkProblem === ""
            onClicked: {
                root.library.downloadLink(link.text, hash.text, file.text);
                root.accept();
                root.started();
            }
        }
    ]

    ColumnLayout {
        width: root.availableWidth
        spacing: Theme.s

        Body {
            text: qsTr("Link")
            font.weight: Font.Medium
        }
        AppTextField {
            id: link

            Layout.fillWidth: true
            label: qsTr("Link")
            placeholderText: "https://…"
            onTextEdited: {
                if (file.text === root.guessedName) {
                    root.guessedName = root.library.fileNameOf(link.text);
                    file.text = root.guessedName;
                }
            }
        }
        Body {
            text: qsTr("SHA-256 of the file")
            font.weight: Font.Medium
        }
        AppTextField {
            id: hash

            Layout.fillWidth: true
            label: qsTr("SHA-256 of the file")
            placeholderText: qsTr("64 digits, or empty for a link of Hugging Face, which states it itself")
            font.family: Theme.mono
            font.pixelSize: Theme.textSmall
        }
        Body {
            text: qsTr("File name in the library")
            font.weight: Font.Medium
        }
        AppTextField {
            id: file

            Layout.fillWidth: true
            label: qsTr("File name in the library")
            placeholderText: "model.pth"
        }
        Body {
            Layout.fillWidth: true
            Layout.minimumHeight: 2 * Theme.textBody * 1.3
            small: true
            muted: true
            text: root.linkProblem
        }
    }
}
