// SPDX-License-Identifier: GPL-3.0-or-later
// The left edge of the window: name, pages, engine. Narrow windows show icons only.
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    required property var pages
    property bool isWide: true

    signal paletteRequested

    implicitWidth: isWide ? Math.round(206 * Math.max(1, Theme.scale)) : Theme.controlHeight + 28
    color: Theme.rail

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Theme.m - 1
        spacing: 3

        Row {
            Layout.fillWidth: true
            Layout.topMargin: Theme.xs
            Layout.bottomMargin: Theme.m
            Layout.leftMargin: root.isWide ? 4 : 2
            spacing: 9

            Image {
                width: 30
                height: 30
                source: "image://icon/goose/" + Theme.accent.toString().slice(-6)
                sourceSize.width: 60
                sourceSize.height: 60
                Accessible.ignored: true
            }
            Heading {
                anchors.verticalCenter: parent.verticalCenter
                visible: root.isWide
                level: 3
                text: "Greylag"
            }
        }
        Repeater {
            model: root.pages

            NavigationItem {
                required property var modelData
                required property int index

                Layout.fillWidth: true
                iconName: modelData.icon
                text: modelData.title
                isWide: root.isWide
                isCurrent: Navigator.page === modelData.name
                shortcutText: modelData.shortcut
                onClicked: Navigator.go(modelData.name, null)
            }
        }
        Item {
            Layout.fillHeight: true
        }
        NavigationItem {
            Layout.fillWidth: true
            iconName: "search"
            text: qsTr("Commands")
            shortcutText: "Ctrl+K"
            isWide: root.isWide
            onClicked: root.paletteRequested()
        }
        EngineChip {
            Layout.fillWidth: true
            isWide: root.isWide
        }
    }
    Divider {
        anchors.right: parent.right
        height: parent.height
    }
}
