// SPDX-License-Identifier: GPL-3.0-or-later
// Progress from 0 to 1; indeterminate: a piece that travels.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.ProgressBar {
    id: root

    property color color: Theme.accent

    implicitWidth: 160
    implicitHeight: 6

    background: Rectangle {
        radius: 3
        color: Theme.pressed
    }
    contentItem: Item {
        clip: true

        Rectangle {
            id: piece

            width: root.indeterminate ? parent.width * 0.3 : root.visualPosition * parent.width
            height: parent.height
            radius: 3
            color: root.color

            NumberAnimation on x {
                running: root.indeterminate && root.visible
                loops: Animation.Infinite
                from: -root.width * 0.3
                to: root.width
                duration: 1300
                onStopped: piece.x = 0
            }
        }
    }
}
