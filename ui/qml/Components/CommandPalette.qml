// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl+K: type a few letters, choose a command. commands: list of {title, note, icon, run}.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

T.Popup {
    id: root

    property var commands: []
    readonly property var found: commands.filter(command => {
        const words = field.text.toLowerCase().split(" ").filter(word => word !== "");
        const target = (command.title + " " + command.note).toLowerCase();
        return words.every(word => target.includes(word));
    })

    function runCurrent() {
        const command = root.found[list.currentIndex];
        root.close();
        if (command)
            command.run();
    }

    parent: T.Overlay.overlay
    x: Math.round((parent ? parent.width - width : 0) / 2)
    y: Math.round(parent ? parent.height * 0.14 : 0)
    width: Math.min(540, parent ? parent.width - 48 : 540)
    height: field.height + Math.min(list.contentHeight, 380) + 36
    padding: Theme.m
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onOpened: {
        field.text = "";
        list.currentIndex = 0;
        field.forceActiveFocus();
    }

    contentItem: ColumnLayout {
        spacing: Theme.s

        AppTextField {
            id: field

            Layout.fillWidth: true
            iconName: "search"
            placeholderText: qsTr("Go to a page or do something …")
            onTextChanged: list.currentIndex = 0
            Keys.onDownPressed: list.incrementCurrentIndex()
            Keys.onUpPressed: list.decrementCurrentIndex()
            Keys.onReturnPressed: root.runCurrent()
            Keys.onEnterPressed: root.runCurrent()
        }
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            clip: true
            model: root.found
            boundsBehavior: Flickable.StopAtBounds
            T.ScrollBar.vertical: AppScrollBar {}

            delegate: T.ItemDelegate {
                id: row

                required property var modelData
                required property int index

                width: ListView.view.width
                height: Theme.controlHeight + 2
                hoverEnabled: true
                text: modelData.title
                Accessible.name: text
                onClicked: {
                    list.currentIndex = index;
                    root.runCurrent();
                }

                contentItem: RowLayout {
                    spacing: Theme.m

                    Icon {
                        Layout.leftMargin: Theme.m
                        name: row.modelData.icon
                    }
                    Body {
                        Layout.fillWidth: true
                        text: row.text
                        elide: Text.ElideRight
                        wrapMode: Text.NoWrap
                    }
                    Body {
                        Layout.rightMargin: Theme.m
                        muted: true
                        small: true
                        text: row.modelData.note
                    }
                }
                background: Rectangle {
                    radius: Theme.radiusSmall
                    color: list.currentIndex === row.index ? Theme.accentSoft
                         : row.hovered ? Theme.hover : "transparent"
                }
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: 1
        border.color: Theme.borderStrong
    }
    T.Overlay.modal: Rectangle {
        color: Theme.shade
    }
}
