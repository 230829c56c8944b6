// SPDX-License-Identifier: GPL-3.0-or-later
// A line icon of resources/icons in any colour.
import QtQuick
import QtQuick.Window
import Greylag

Item {
    id: root

    property string name
    property color color: Theme.textMuted
    property int size: Theme.iconSize

    implicitWidth: size
    implicitHeight: size

    Image {
        anchors.fill: parent
        visible: root.name !== ""
        source: root.name === "" ? "" : "image://icon/" + root.name + "/"
                                   + root.color.toString().slice(-6)
        sourceSize.width: Math.round(root.size * Screen.devicePixelRatio)
        sourceSize.height: Math.round(root.size * Screen.devicePixelRatio)
    }
}
