// SPDX-License-Identifier: GPL-3.0-or-later
// Code in fixed width, with its language and a copy button. Long lines scroll sideways.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Rectangle {
    id: root

    required property string code
    property string language

    implicitHeight: bar.height + view.height + 2
    radius: Theme.radius
    color: Theme.codeBackground
    border.width: 1
    border.color: Theme.border

    RowLayout {
        id: bar

        x: Theme.m
        width: parent.width - Theme.m - 4
        height: Theme.iconSize + 14

        Body {
            Layout.fillWidth: true
            small: true
            muted: true
            text: root.language === "" ? qsTr("Code") : root.language
        }
        IconButton {
            size: Theme.iconSize - 4
            iconName: "copy"
            label: qsTr("Copy the code")
            onClicked: {
                AppInfo.copyText(root.code);
                Toaster.show(qsTr("Copied."));
            }
        }
    }
    Flickable {
        id: view

        x: 1
        y: bar.height
        width: parent.width - 2
        height: text.implicitHeight + Theme.m
        contentWidth: text.implicitWidth + 2 * Theme.m
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        interactive: contentWidth > width
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.horizontal: AppScrollBar {}

        TextEdit {
            id: text

            x: Theme.m
            text: root.code
            readOnly: true
            selectByMouse: true
            textFormat: TextEdit.PlainText
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.accentText
            font.family: Theme.mono
            font.pixelSize: Theme.textBody - 1
            renderType: Text.NativeRendering
            Accessible.role: Accessible.StaticText
            Accessible.name: root.code
        }
    }
}
