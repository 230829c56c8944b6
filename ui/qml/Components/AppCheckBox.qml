// SPDX-License-Identifier: GPL-3.0-or-later
import QtQuick
import QtQuick.Templates as T
import Greylag

T.CheckBox {
    id: root

    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Math.max(Theme.controlHeight * 0.8, implicitContentHeight)
    spacing: Theme.s
    hoverEnabled: true
    opacity: enabled ? 1 : 0.5
    font.family: Theme.family
    font.pixelSize: Theme.textBody
    Accessible.name: text

    indicator: Rectangle {
        y: (root.height - height) / 2
        width: Theme.iconSize
        height: Theme.iconSize
        radius: 5
        color: root.checked ? Theme.accent : Theme.field
        border.width: root.checked ? 0 : 1
        border.color: root.hovered ? Theme.accent : Theme.borderStrong

        Icon {
            anchors.centerIn: parent
            visible: root.checked
            name: "check"
            color: Theme.accentText
            size: parent.width - 4
        }
        FocusRing {
            visible: root.visualFocus
        }
    }
    contentItem: Text {
        leftPadding: root.indicator.width + root.spacing
        text: root.text
        color: Theme.text
        font: root.font
        wrapMode: Text.Wrap
        verticalAlignment: Text.AlignVCenter
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
    }
}
