// SPDX-License-Identifier: GPL-3.0-or-later
// An icon, a word and a value in one line.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    property string iconName
    property string label
    property string value

    spacing: Theme.s
    Accessible.role: Accessible.StaticText
    Accessible.name: label + ": " + value

    Icon {
        name: root.iconName
        size: Theme.iconSize - 1
    }
    Body {
        Layout.fillWidth: true
        muted: true
        text: root.label
    }
    Body {
        Layout.maximumWidth: root.width * 0.62
        horizontalAlignment: Text.AlignRight
        text: root.value
        wrapMode: Text.NoWrap
        elide: Text.ElideRight
    }
}
