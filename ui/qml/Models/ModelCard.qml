// SPDX-License-Identifier: GPL-3.0-or-later
// One installed model: what it is, whether it can be used, and what to do with it.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    required property string modelId
    required property string kind
    required property string shape
    required property string dtype
    required property string parametersText
    required property string sizeText
    required property string vocabulary
    required property string problem
    required property bool isBuiltin
    required property bool isDeletable
    required property bool isLoaded
    required property bool isLoading
    required property string summary
    required property real parameterCount

    readonly property bool isUsable: problem === ""

    signal loadRequested
    signal inspectRequested
    signal chatRequested
    signal trainRequested
    signal convertRequested
    signal deleteRequested

    implicitHeight: column.implicitHeight + 2 * Theme.l
    radius: Theme.radiusLarge
    color: Theme.surface
    border.width: 1
    border.color: Theme.border
    Accessible.role: Accessible.ListItem
    Accessible.name: summary

    ColumnLayout {
        id: column

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.margins: Theme.l
        spacing: Theme.s

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            Heading {
                Layout.fillWidth: true
                level: 3
                text: root.modelId
                wrapMode: Text.WrapAnywhere
                maximumLineCount: 2
                elide: Text.ElideRight
            }
            Badge {
                visible: root.isBuiltin
                text: qsTr("built in")
                kind: "accent"
                hint: qsTr("Shipped with Greylag, so that chat and a first finetune work without a network. It cannot be deleted.")
            }
            Badge {
                visible: !root.isBuiltin && !root.isDeletable
                text: qsTr("kept elsewhere")
                hint: qsTr("It belongs to a run, or the engine was told of it when it was started; delete it there.")
            }
            Badge {
                visible: root.isLoaded
                text: qsTr("in memory")
                kind: "good"
                iconName: "check"
            }
            Spinner {
                visible: root.isLoading
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Theme.l

            Repeater {
                model: [
                    root.parametersText === "" ? "" : qsTr("%1 parameters").arg(root.parametersText),
                    root.sizeText, root.dtype, root.shape, root.kind,
                    qsTr("vocabulary: %1").arg(root.vocabulary)
                ].filter(text => text !== "")

                Body {
                    required property string modelData

                    muted: true
                    small: true
                    wrapMode: Text.NoWrap
                    text: modelData
                }
            }
        }
        Banner {
            Layout.fillWidth: true
            visible: !root.isUsable
            kind: "warm"
            text: root.problem
        }
        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            AppButton {
                visible: root.isUsable
                compact: true
                iconName: "chat"
                text: qsTr("Chat")
                Accessible.name: qsTr("Chat with %1").arg(root.modelId)
                onClicked: root.chatRequested()
            }
            AppButton {
                visible: root.isUsable
                compact: true
                iconName: "train"
                text: qsTr("Finetune")
                Accessible.name: qsTr("Finetune %1").arg(root.modelId)
                onClicked: root.trainRequested()
            }
            AppButton {
                visible: root.isUsable
                enabled: !root.isLoading
                compact: true
                kind: "quiet"
                text: root.isLoading ? qsTr("Loading…") : root.isLoaded ? qsTr("Unload")
                                                                       : qsTr("Load")
                hint: root.isLoaded ? qsTr("Frees its memory; it is loaded again when needed")
                                    : qsTr("Reads it into memory, so that the first answer comes at once")
                onClicked: root.loadRequested()
            }
            AppButton {
                visible: root.isUsable
                compact: true
                kind: "quiet"
                text: qsTr("Convert")
                hint: qsTr("Makes another file of it: GGUF for other programs, or smaller in a quantised format")
                Accessible.name: qsTr("Convert %1").arg(root.modelId)
                onClicked: root.convertRequested()
            }
            Item {
                Layout.fillWidth: true
            }
            IconButton {
                iconName: "info"
                label: qsTr("Look into %1").arg(root.modelId)
                onClicked: root.inspectRequested()
            }
            IconButton {
                visible: root.isDeletable
                iconName: "trash"
                label: qsTr("Delete %1").arg(root.modelId)
                onClicked: root.deleteRequested()
            }
        }
    }
}
