// SPDX-License-Identifier: GPL-3.0-or-later
// A word in a coloured pill. kind: "neutral", "accent", "good", "warm", "bad".
import QtQuick
import Greylag

Rectangle {
    id: root

    property string text
    property string kind: "neutral"
    property string iconName
    property string hint
    readonly property color ink: kind === "accent" ? Theme.accent : kind === "good" ? Theme.good
                               : kind === "warm" ? Theme.warm : kind === "bad" ? Theme.bad
                               : Theme.textMuted

    implicitWidth: row.implicitWidth + 16
    implicitHeight: label.implicitHeight + 6
    radius: height / 2
    color: kind === "accent" ? Theme.accentSoft : kind === "good" ? Theme.goodSoft
         : kind === "warm" ? Theme.warmSoft : kind === "bad" ? Theme.badSoft : Theme.subtle
    Accessible.role: Accessible.StaticText
    Accessible.name: text
    Accessible.description: hint

    Row {
        id: row

        anchors.centerIn: parent
        spacing: 4

        Icon {
            anchors.verticalCenter: parent.verticalCenter
            visible: root.iconName !== ""
            name: root.iconName
            color: root.ink
            size: Theme.textSmall
        }
        Text {
            id: label

            text: root.text
            color: root.ink
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            font.weight: Font.Medium
            textFormat: Text.PlainText
            renderType: Text.NativeRendering
        }
    }
    HoverHandler {
        id: pointer
    }
    AppToolTip {
        text: root.hint
        visible: root.hint !== "" && pointer.hovered
    }
}
