// SPDX-License-Identifier: GPL-3.0-or-later
// One of several things to choose from, with a line of explanation.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    property string title
    property string note
    property string badge
    property bool isChosen: false

    implicitWidth: 240
    implicitHeight: implicitContentHeight + topPadding + bottomPadding
    padding: Theme.l
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.RadioButton
    Accessible.name: title
    Accessible.description: note
    Accessible.checked: isChosen
    Keys.onReturnPressed: clicked()

    contentItem: RowLayout {
        spacing: Theme.m

        Rectangle {
            Layout.alignment: Qt.AlignTop
            Layout.topMargin: 1
            implicitWidth: Theme.iconSize
            implicitHeight: Theme.iconSize
            radius: width / 2
            color: root.isChosen ? Theme.accent : Theme.field
            border.width: root.isChosen ? 0 : 1
            border.color: Theme.borderStrong

            Icon {
                anchors.centerIn: parent
                visible: root.isChosen
                name: "check"
                color: Theme.accentText
                size: parent.width - 5
            }
        }
        ColumnLayout {
            Layout.fillWidth: true
            Layout.alignment: Qt.AlignTop
            spacing: 2

            RowLayout {
                spacing: Theme.s

                Heading {
                    Layout.fillWidth: root.badge === ""
                    level: 3
                    font.pixelSize: Theme.textBody
                    text: root.title
                }
                Badge {
                    visible: root.badge !== ""
                    text: root.badge
                    kind: "accent"
                }
            }
            Body {
                Layout.fillWidth: true
                visible: root.note !== ""
                muted: true
                small: true
                text: root.note
            }
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.isChosen ? Theme.accentSoft : root.hovered ? Theme.hover : Theme.surface
        border.width: root.isChosen ? 2 : 1
        border.color: root.isChosen ? Theme.accent : Theme.border

        FocusRing {
            visible: root.visualFocus
        }
    }
}
