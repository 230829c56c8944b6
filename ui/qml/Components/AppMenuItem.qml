// SPDX-License-Identifier: GPL-3.0-or-later
import QtQuick
import QtQuick.Templates as T
import Greylag

T.MenuItem {
    id: root

    property string iconName
    property bool isDanger: false
    readonly property color ink: isDanger ? Theme.bad : Theme.text

    implicitWidth: label.implicitWidth + Theme.iconSize + 44
    implicitHeight: visible ? Math.round(Theme.controlHeight * 0.92) : 0
    hoverEnabled: true
    opacity: enabled ? 1 : 0.45
    font.family: Theme.family
    font.pixelSize: Theme.textBody
    Accessible.name: text

    contentItem: Item {
        Icon {
            x: 9
            anchors.verticalCenter: parent.verticalCenter
            name: root.iconName
            color: root.isDanger ? Theme.bad : Theme.textMuted
            size: Theme.iconSize - 2
        }
        Text {
            id: label

            x: Theme.iconSize + 17
            anchors.verticalCenter: parent.verticalCenter
            text: root.text
            color: root.ink
            font: root.font
            textFormat: Text.PlainText
            renderType: Text.NativeRendering
        }
    }
    background: Rectangle {
        radius: Theme.radiusSmall
        color: root.highlighted || root.hovered ? Theme.hover : "transparent"
    }
}
