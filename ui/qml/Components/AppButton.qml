// SPDX-License-Identifier: GPL-3.0-or-later
// A button. kind: "primary" (one per view), "normal", "quiet" (text only), "danger".
import QtQuick
import QtQuick.Templates as T
import Greylag

T.Button {
    id: root

    property string kind: "normal"
    property string iconName
    property string hint
    property bool compact: false

    readonly property bool isSolid: kind === "primary" || kind === "danger"
    readonly property color inkColor: kind === "primary" ? Theme.accentText
                                    : kind === "danger" ? (Theme.isDark ? "#2a0806" : "#ffffff")
                                    : kind === "quiet" ? Theme.accent : Theme.text
    readonly property color fillColor: {
        if (kind === "primary")
            return down ? Theme.accentPressed : hovered ? Theme.accentHover : Theme.accent;
        if (kind === "danger")
            return down || hovered ? Qt.darker(Theme.bad, 1.12) : Theme.bad;
        if (kind === "quiet")
            return down ? Theme.pressed : hovered ? Theme.hover : "transparent";
        return down ? Theme.pressed : hovered ? Theme.hover : Theme.surfaceRaised;
    }

    implicitWidth: Math.max(compact ? 0 : 76, implicitContentWidth + leftPadding + rightPadding)
    implicitHeight: compact ? Math.round(Theme.controlHeight * 0.84) : Theme.controlHeight
    leftPadding: compact ? 10 : 14
    rightPadding: leftPadding
    opacity: enabled ? 1 : 0.45
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    font.family: Theme.family
    font.pixelSize: compact ? Theme.textSmall : Theme.textBody
    font.weight: Font.Medium
    Accessible.name: text
    Accessible.description: hint
    Keys.onReturnPressed: if (root.enabled) root.clicked()
    Keys.onEnterPressed: if (root.enabled) root.clicked()

    contentItem: Item {
        id: content

        readonly property int iconPart: root.iconName === "" ? 0 : icon.width + row.spacing

        implicitWidth: iconPart + Math.ceil(label.implicitWidth)
        implicitHeight: label.implicitHeight

        Row {
            id: row

            anchors.centerIn: parent
            spacing: 7

            Icon {
                id: icon

                anchors.verticalCenter: parent.verticalCenter
                visible: root.iconName !== ""
                name: root.iconName
                color: root.inkColor
                size: root.compact ? Theme.iconSize - 3 : Theme.iconSize - 1
            }
            Text {
                id: label

                anchors.verticalCenter: parent.verticalCenter
                visible: root.text !== ""
                width: Math.min(Math.ceil(implicitWidth), Math.max(0, content.width - content.iconPart))
                text: root.text
                color: root.inkColor
                font: root.font
                elide: Text.ElideRight
                textFormat: Text.PlainText
                renderType: Text.NativeRendering
            }
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.fillColor
        border.width: root.isSolid || root.kind === "quiet" ? 0 : 1
        border.color: root.hovered ? Theme.borderStrong : Theme.border

        FocusRing {
            visible: root.visualFocus
        }
    }

    AppToolTip {
        text: root.hint
        visible: root.hint !== "" && root.hovered
    }
}
