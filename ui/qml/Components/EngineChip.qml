// SPDX-License-Identifier: GPL-3.0-or-later
// Engine state in two lines: which device runs, or what is wrong. The reason is in the tool tip.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    property bool isWide: true
    readonly property color dot: Engine.isConnected ? Theme.good
                               : Engine.phase === "failed" ? Theme.bad : Theme.warm
    readonly property string stateText: Engine.isConnected
        ? (Engine.running > 0 ? qsTr("%n request(s) running", "", Engine.running) : qsTr("Engine ready"))
        : Engine.phase === "failed" ? qsTr("Engine stopped") : qsTr("Engine starting")
    readonly property string why: Engine.isConnected
        ? [Engine.deviceName, Engine.deviceDetail, Engine.deviceWhy].filter(t => t !== "").join("\n")
        : Engine.message

    implicitHeight: isWide ? column.implicitHeight + 18 : Theme.controlHeight
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Button
    Accessible.name: stateText
    Accessible.description: why
    onClicked: Navigator.go("home", null)
    Keys.onReturnPressed: clicked()

    contentItem: Item {
        Rectangle {
            x: root.isWide ? 13 : (parent.width - width) / 2
            y: root.isWide ? column.y + 6 : (parent.height - height) / 2
            width: 9
            height: 9
            radius: 5
            color: root.dot
        }
        Column {
            id: column

            x: 34
            width: parent.width - 38
            anchors.verticalCenter: parent.verticalCenter
            visible: root.isWide

            Body {
                width: parent.width
                small: true
                font.weight: Font.Medium
                elide: Text.ElideRight
                wrapMode: Text.NoWrap
                text: root.stateText
            }
            Body {
                width: parent.width
                small: true
                muted: true
                elide: Text.ElideRight
                wrapMode: Text.NoWrap
                visible: text !== ""
                text: Engine.isConnected ? Engine.deviceName : ""
            }
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.hovered ? Theme.hover : "transparent"
        border.width: 1
        border.color: Theme.border

        FocusRing {
            visible: root.visualFocus
            inset: 0
        }
    }
    AppToolTip {
        x: parent.width + 6
        y: parent.height - height
        text: root.why
        visible: root.hovered && root.why !== ""
    }
}
