// SPDX-License-Identifier: GPL-3.0-or-later
// A short explanation beside the pointer: place it in the control, bind `visible`.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.ToolTip {
    id: root

    x: parent ? (parent.width - implicitWidth) / 2 : 0
    y: parent ? parent.height + 6 : 0
    implicitWidth: Math.min(320, implicitContentWidth + leftPadding + rightPadding)
    implicitHeight: contentHeight + topPadding + bottomPadding
    margins: 6
    padding: 7
    leftPadding: 10
    rightPadding: 10
    delay: 500
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutsideParent

    contentItem: Text {
        text: root.text
        color: Theme.isDark ? Theme.text : "#ffffff"
        font.family: Theme.family
        font.pixelSize: Theme.textSmall
        wrapMode: Text.Wrap
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
    }
    background: Rectangle {
        radius: Theme.radiusSmall
        color: Theme.isDark ? "#353f4a" : "#262d35"
    }
}
