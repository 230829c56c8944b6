// SPDX-License-Identifier: GPL-3.0-or-later
// A line across the page about a state that needs attention. kind: "info", "warm", "bad", "good".
import QtQuick
import QtQuick.Layouts
import Greylag

Rectangle {
    id: root

    property string text
    property string kind: "info"
    property string actionText
    property bool isBusy: false
    readonly property color ink: kind === "bad" ? Theme.bad : kind === "warm" ? Theme.warm
                               : kind === "good" ? Theme.good : Theme.accent

    signal actionTriggered

    implicitHeight: row.implicitHeight + 2 * Theme.m - 4
    radius: Theme.radius
    color: kind === "bad" ? Theme.badSoft : kind === "warm" ? Theme.warmSoft
         : kind === "good" ? Theme.goodSoft : Theme.accentSoft
    Accessible.role: Accessible.AlertMessage
    Accessible.name: text

    RowLayout {
        id: row

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: Theme.m
        anchors.rightMargin: Theme.s
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.s

        Spinner {
            visible: root.isBusy
            color: root.ink
        }
        Icon {
            visible: !root.isBusy
            name: root.kind === "bad" || root.kind === "warm" ? "alert" : root.kind === "good" ? "check" : "info"
            color: root.ink
        }
        Body {
            Layout.fillWidth: true
            Layout.topMargin: 4
            Layout.bottomMargin: 4
            text: root.text
            small: true
        }
        AppButton {
            visible: root.actionText !== ""
            compact: true
            text: root.actionText
            onClicked: root.actionTriggered()
        }
    }
}
