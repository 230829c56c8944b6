// SPDX-License-Identifier: GPL-3.0-or-later
// The ring around a control that has the keyboard focus.
import QtQuick
import Greylag

Rectangle {
    property real inset: -3

    anchors.fill: parent
    anchors.margins: inset
    radius: Theme.radius - inset
    color: "transparent"
    border.width: 2
    border.color: Theme.focus
}
