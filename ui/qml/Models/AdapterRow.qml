// SPDX-License-Identifier: GPL-3.0-or-later
// One adapter, tuned state or reasoning core in its list.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: root

    required property int index
    required property string adapterId
    required property string method
    required property string baseModel
    required property string origin
    required property string sizeText
    required property bool isDeletable
    required property string alphaText
    required property bool isAlphaAssumed

    signal chatRequested
    signal deleteRequested
    signal alphaRequested

    implicitHeight: row.implicitHeight + 2 * Theme.s
    Accessible.role: Accessible.ListItem
    Accessible.name: adapterId + ", " + method + ", " + sizeText

    Divider {
        width: parent.width
        visible: root.index > 0
    }
    RowLayout {
        id: row

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.s

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 1

            Body {
                Layout.fillWidth: true
                text: root.adapterId
                wrapMode: Text.WrapAnywhere
                font.weight: Font.Medium
            }
            Body {
                Layout.fillWidth: true
                muted: true
                small: true
                text: [root.method, root.alphaText, root.sizeText,
                       root.baseModel === "" ? qsTr("its model is not installed")
                                             : qsTr("for %1").arg(root.baseModel)].filter(part => part !== "").join(" · ")
            }
        }
        Badge {
            visible: root.origin !== ""
            text: qsTr("from a run")
            hint: qsTr("It goes when its run is deleted, on the Runs page.")
        }
        Badge {
            visible: root.origin === "" && !root.isDeletable
            text: qsTr("kept elsewhere")
            hint: qsTr("The engine was told of this file when it was started; delete it in its folder.")
        }
        AppButton {
            objectName: "alpha:" + root.adapterId
            visible: root.isAlphaAssumed && root.isDeletable
            compact: true
            text: qsTr("Set alpha")
            hint: qsTr("The file does not say how strongly it is meant to act.")
            Accessible.name: qsTr("Set the alpha of %1").arg(root.adapterId)
            onClicked: root.alphaRequested()
        }
        AppButton {
            visible: root.baseModel !== ""
            compact: true
            iconName: "chat"
            text: qsTr("Chat")
            Accessible.name: qsTr("Chat with %1").arg(root.adapterId)
            onClicked: root.chatRequested()
        }
        IconButton {
            visible: root.isDeletable
            iconName: "trash"
            label: qsTr("Delete %1").arg(root.adapterId)
            onClicked: root.deleteRequested()
        }
    }
}
