// SPDX-License-Identifier: GPL-3.0-or-later
// Work of unknown length.
import QtQuick
import Greylag

Icon {
    id: root

    property bool running: visible

    name: "spinner"
    color: Theme.accent
    Accessible.role: Accessible.Indicator
    Accessible.name: qsTr("Working")

    RotationAnimator on rotation {
        running: root.running
        loops: Animation.Infinite
        from: 0
        to: 360
        duration: 900
    }
}
