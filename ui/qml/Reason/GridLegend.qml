// SPDX-License-Identifier: GPL-3.0-or-later
// What the colours and marks of the grid mean.
import QtQuick
import Greylag

Flow {
    id: root

    property bool hasAnswer: false
    property bool hasOverruled: false

    component Entry: Row {
        id: entry

        property string text
        property color fill: Theme.field
        property color line: Theme.border
        property bool isDot: false
        property bool isRing: false

        spacing: 6

        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: entry.isDot || entry.isRing ? 8 : 16
            height: width
            radius: entry.isDot || entry.isRing ? 4 : 2
            color: entry.isDot ? entry.line : entry.fill
            border.width: entry.isRing ? 2 : 1
            border.color: entry.line
        }
        Body {
            anchors.verticalCenter: parent.verticalCenter
            small: true
            muted: true
            text: entry.text
        }
    }

    spacing: Theme.m

    Entry {
        fill: Theme.subtle
        text: qsTr("given")
    }
    Row {
        visible: root.hasAnswer
        spacing: 6

        Body {
            small: true
            muted: true
            text: qsTr("unsure")
        }
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: 72
            height: 14
            radius: 2
            border.width: 1
            border.color: Theme.border
            Accessible.ignored: true
            gradient: Gradient {
                orientation: Gradient.Horizontal

                GradientStop {
                    position: 0
                    color: Qt.tint(Theme.field, Qt.alpha(Theme.warm, 0.75))
                }
                GradientStop {
                    position: 1
                    color: Theme.field
                }
            }
        }
        Body {
            small: true
            muted: true
            text: qsTr("sure")
        }
    }
    Entry {
        visible: root.hasAnswer
        isDot: true
        line: Theme.accent
        text: qsTr("changed in this segment")
    }
    Entry {
        fill: Theme.badSoft
        line: Theme.bad
        text: qsTr("breaks a rule")
    }
    Entry {
        visible: root.hasOverruled
        isRing: true
        fill: "transparent"
        line: Theme.warm
        text: qsTr("the model disagrees with a given digit")
    }
}
