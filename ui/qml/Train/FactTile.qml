// SPDX-License-Identifier: GPL-3.0-or-later
// A figure with its name.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    property string label
    property string value

    spacing: 0
    Layout.alignment: Qt.AlignTop
    Accessible.role: Accessible.StaticText
    Accessible.name: label + ": " + value

    Text {
        Layout.fillWidth: true
        text: root.value
        color: Theme.text
        font.family: Theme.family
        font.pixelSize: Theme.textTitle
        font.weight: Font.DemiBold
        elide: Text.ElideRight
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
    }
    Body {
        Layout.fillWidth: true
        muted: true
        small: true
        text: root.label
    }
}
