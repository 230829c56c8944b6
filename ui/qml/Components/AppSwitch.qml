// SPDX-License-Identifier: GPL-3.0-or-later
import QtQuick
import QtQuick.Templates as T
import Greylag

T.Switch {
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
        width: 38
        height: 22
        radius: 11
        color: root.checked ? Theme.accent : Theme.pressed
        border.width: root.checked ? 0 : 1
        border.color: Theme.borderStrong

        Rectangle {
            x: root.checked ? parent.width - width - 3 : 3
            y: 3
            width: 16
            height: 16
            radius: 8
            color: root.checked ? Theme.accentText : Theme.isDark ? Theme.text : "#ffffff"
            border.width: root.checked || Theme.isDark ? 0 : 1
            border.color: Theme.borderStrong
            Behavior on x { NumberAnimation { duration: Theme.quick } }
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
