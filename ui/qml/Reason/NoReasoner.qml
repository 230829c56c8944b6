// SPDX-License-Identifier: GPL-3.0-or-later
// There is no reasoner: how to make one.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property string recipe

    spacing: Theme.l

    Item {
        Layout.fillWidth: true
        implicitHeight: empty.implicitHeight

        EmptyState {
            id: empty

            anchors.horizontalCenter: parent.horizontalCenter
            iconName: "reason"
            title: qsTr("No puzzle reasoner yet")
            text: qsTr("Make one in a terminal with the commands below, then import its file on the Models page.")
            actionText: qsTr("Copy the commands")
            actionIcon: "copy"
            onActionTriggered: {
                AppInfo.copyText(root.recipe);
                Toaster.show(qsTr("The commands are copied."));
            }
        }
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: code.implicitHeight + 2 * Theme.m
        radius: Theme.radius
        color: Theme.codeBackground
        border.width: 1
        border.color: Theme.border

        TextEdit {
            id: code

            x: Theme.m
            y: Theme.m
            width: parent.width - 2 * Theme.m
            text: root.recipe
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.WrapAtWordBoundaryOrAnywhere
            textFormat: TextEdit.PlainText
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.accentText
            font.family: Theme.mono
            font.pixelSize: Theme.textSmall
            renderType: Text.NativeRendering
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
}
