// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of a chart's legend: the line as it is drawn, and its name.
import QtQuick
import Greylag

Row {
    id: root

    property color color
    property string text
    property int thickness: 2
    property bool isDashed: false

    spacing: 6

    Row {
        anchors.verticalCenter: parent.verticalCenter
        spacing: 3

        Repeater {
            model: root.isDashed ? 3 : 1

            Rectangle {
                width: root.isDashed ? 5 : 20
                height: root.thickness
                color: root.color
            }
        }
    }
    Body {
        small: true
        muted: true
        wrapMode: Text.NoWrap
        text: root.text
    }
}
