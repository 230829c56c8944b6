// SPDX-License-Identifier: GPL-3.0-or-later
// "2 / 3": the other versions of a message.
import QtQuick
import Greylag

Row {
    id: root

    required property int siblingIndex
    required property int siblingCount

    signal branchRequested(int step)

    visible: siblingCount > 1
    spacing: 0

    IconButton {
        size: Theme.iconSize - 4
        iconName: "chevron-left"
        label: qsTr("Earlier version")
        enabled: root.siblingIndex > 0
        onClicked: root.branchRequested(-1)
    }
    Body {
        anchors.verticalCenter: parent.verticalCenter
        small: true
        muted: true
        text: (root.siblingIndex + 1) + " / " + root.siblingCount
    }
    IconButton {
        size: Theme.iconSize - 4
        iconName: "chevron-right"
        label: qsTr("Later version")
        enabled: root.siblingIndex + 1 < root.siblingCount
        onClicked: root.branchRequested(1)
    }
}
