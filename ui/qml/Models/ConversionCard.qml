// SPDX-License-Identifier: GPL-3.0-or-later
// The conversion that runs: how far it is, and a way to stop it.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property ModelConversion conversion

    spacing: Theme.s

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        Body {
            Layout.fillWidth: true
            text: qsTr("Converting to %1").arg(root.conversion.name)
            elide: Text.ElideMiddle
            wrapMode: Text.NoWrap
        }
        IconButton {
            iconName: "close"
            label: qsTr("Stop converting; doing it again goes on from here")
            onClicked: root.conversion.cancel()
        }
    }
    AppProgressBar {
        Layout.fillWidth: true
        indeterminate: root.conversion.progress < 0
        value: Math.max(0, root.conversion.progress)
        Accessible.name: qsTr("Progress of the conversion")
    }
    Body {
        Layout.fillWidth: true
        visible: text !== ""
        muted: true
        small: true
        text: root.conversion.detail
    }
}
