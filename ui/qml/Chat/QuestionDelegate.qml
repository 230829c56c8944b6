// SPDX-License-Identifier: GPL-3.0-or-later
// What the user wrote; can be edited and sent again.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: root

    required property string text
    required property int siblingIndex
    required property int siblingCount
    property bool isEditing: false

    // Call startEditing(text) when it was not taken.
    signal edited(string text)
    signal branchRequested(int step)

    function startEditing(text: string) {
        editor.text = text;
        root.isEditing = true;
        editor.area.forceActiveFocus();
        editor.area.cursorPosition = editor.text.length;
    }

    implicitHeight: isEditing ? form.implicitHeight : bubble.height + tools.height + 2

    HoverHandler {
        id: pointer
    }
    Rectangle {
        id: bubble

        anchors.right: parent.right
        visible: !root.isEditing
        width: Math.min(parent.width * 0.86, Math.ceil(measure.implicitWidth) + 34)
        height: label.height + 20
        radius: Theme.radiusLarge
        color: Theme.accentSoft

        Text {
            id: measure

            visible: false
            text: root.text
            font: label.font
            textFormat: Text.PlainText
            renderType: Text.NativeRendering
        }
        TextEdit {
            id: label

            x: 16
            y: 10
            width: parent.width - 32
            text: root.text
            readOnly: true
            selectByMouse: true
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.accentText
            font.family: Theme.family
            font.pixelSize: Theme.textBody
            wrapMode: TextEdit.Wrap
            textFormat: TextEdit.PlainText
            renderType: Text.NativeRendering
            Accessible.role: Accessible.StaticText
            Accessible.name: qsTr("You: %1").arg(root.text)
        }
    }
    Row {
        id: tools

        anchors.right: parent.right
        anchors.top: bubble.bottom
        anchors.topMargin: 2
        visible: !root.isEditing
        height: Theme.iconSize + 8

        BranchSwitcher {
            siblingIndex: root.siblingIndex
            siblingCount: root.siblingCount
            onBranchRequested: step => root.branchRequested(step)
        }
        Row {
            opacity: pointer.hovered || editButton.activeFocus || copyButton.activeFocus ? 1 : 0

            IconButton {
                id: copyButton

                size: Theme.iconSize - 4
                iconName: "copy"
                label: qsTr("Copy")
                onClicked: {
                    AppInfo.copyText(root.text);
                    Toaster.show(qsTr("Copied."));
                }
            }
            IconButton {
                id: editButton

                size: Theme.iconSize - 4
                iconName: "edit"
                label: qsTr("Edit and send again")
                onClicked: root.startEditing(root.text)
            }
        }
    }
    ColumnLayout {
        id: form

        width: parent.width
        visible: root.isEditing
        spacing: Theme.s

        AppTextArea {
            id: editor

            Layout.fillWidth: true
            label: qsTr("Changed message")
            area.Keys.onEscapePressed: root.isEditing = false
        }
        RowLayout {
            Layout.alignment: Qt.AlignRight
            spacing: Theme.s

            AppButton {
                compact: true
                kind: "quiet"
                text: qsTr("Cancel")
                onClicked: root.isEditing = false
            }
            AppButton {
                compact: true
                kind: "primary"
                text: qsTr("Send")
                enabled: editor.text.trim() !== ""
                onClicked: {
                    root.isEditing = false;
                    root.edited(editor.text);
                }
            }
        }
    }
}
