// SPDX-License-Identifier: GPL-3.0-or-later
// The model's thinking: open while it thinks, then folded to one line.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property string text
    required property bool isOpen
    property bool isUnfolded: false

    spacing: Theme.xs

    AppButton {
        compact: true
        kind: "quiet"
        iconName: root.isOpen || root.isUnfolded ? "chevron-down" : "chevron-right"
        text: root.isOpen ? qsTr("Thinking …") : qsTr("Thoughts")
        onClicked: root.isUnfolded = !root.isUnfolded
    }
    Item {
        Layout.fillWidth: true
        visible: root.isOpen || root.isUnfolded
        implicitHeight: body.implicitHeight

        Rectangle {
            width: 2
            height: parent.height
            radius: 1
            color: Theme.border
        }
        Body {
            id: body

            x: Theme.m
            width: parent.width - Theme.m
            muted: true
            text: root.text
        }
    }
}
