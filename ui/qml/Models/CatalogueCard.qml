// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of the catalogue.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    required property string entryId
    required property string name
    required property string description
    required property string licence
    required property string fileName
    required property bool isVocabulary
    required property string sizeText
    required property string parametersText
    required property bool isInstalled
    required property bool isDownloading
    required property bool fits
    required property string memoryFit
    required property bool isPinned

    signal downloadRequested

    implicitHeight: row.implicitHeight + 2 * Theme.l
    radius: Theme.radiusLarge
    color: Theme.surface
    border.width: 1
    border.color: Theme.border
    Accessible.role: Accessible.ListItem
    Accessible.name: [name, sizeText].filter(part => part !== "").join(", ")

    RowLayout {
        id: row

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.margins: Theme.l
        spacing: Theme.l

        ColumnLayout {
            Layout.fillWidth: true
            spacing: Theme.xs

            RowLayout {
                spacing: Theme.s

                Heading {
                    level: 3
                    text: root.name
                }
                Badge {
                    visible: root.isVocabulary
                    text: qsTr("vocabulary")
                }
                Badge {
                    visible: root.memoryFit === "fits"
                    text: qsTr("fits this machine")
                    kind: "good"
                }
                Badge {
                    visible: root.memoryFit === "tight"
                    text: qsTr("just fits this machine")
                    kind: "warm"
                }
                Badge {
                    visible: root.memoryFit === "none"
                    text: qsTr("too large for this machine's memory")
                    kind: "bad"
                }
            }
            Body {
                Layout.fillWidth: true
                visible: text !== ""
                muted: true
                text: root.description
            }
            Body {
                Layout.fillWidth: true
                muted: true
                small: true
                text: [root.parametersText === "" ? "" : qsTr("%1 parameters").arg(root.parametersText),
                       root.sizeText,
                       root.isPinned ? "" : qsTr("verified by the hash that the host states"),
                       root.licence === "" ? "" : qsTr("licence: %1").arg(root.licence),
                       root.fileName].filter(part => part !== "").join(" · ")
            }
            Body {
                Layout.fillWidth: true
                visible: !root.fits && !root.isInstalled
                small: true
                color: Theme.bad
                text: qsTr("There is not enough free space on this disk for it.")
            }
        }
        Badge {
            visible: root.isInstalled
            text: qsTr("installed")
            kind: "good"
            iconName: "check"
        }
        Badge {
            visible: root.isDownloading && !root.isInstalled
            text: qsTr("in the queue")
            kind: "accent"
        }
        AppButton {
            visible: !root.isInstalled && !root.isDownloading
            enabled: root.fits && Engine.isConnected
            iconName: "download"
            text: qsTr("Download")
            Accessible.name: root.sizeText === "" ? qsTr("Download %1").arg(root.name)
                                                  : qsTr("Download %1, %2").arg(root.name).arg(root.sizeText)
            onClicked: root.downloadRequested()
        }
    }
}
