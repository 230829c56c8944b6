// SPDX-License-Identifier: GPL-3.0-or-later
// Shown over a page while files are dragged across it.
import QtQuick
import Greylag

Rectangle {
    id: root

    property string text

    color: Theme.shade

    Rectangle {
        anchors.centerIn: parent
        width: Math.min(parent.width - 2 * Theme.xl, label.implicitWidth + 2 * Theme.xxl)
        height: label.implicitHeight + 2 * Theme.xl
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: 2
        border.color: Theme.accent

        Heading {
            id: label

            anchors.centerIn: parent
            width: Math.min(implicitWidth, root.width - 4 * Theme.xl)
            horizontalAlignment: Text.AlignHCenter
            level: 3
            text: root.text
        }
    }
}
