// SPDX-License-Identifier: GPL-3.0-or-later
// A button that is only an icon; `label` is its tool tip and its name for a screen reader.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    required property string iconName
    required property string label
    property int size: Theme.iconSize
    property color color: hovered || checked ? Theme.text : Theme.textMuted

    implicitWidth: size + 14
    implicitHeight: size + 14
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.4
    Accessible.name: label
    Accessible.role: Accessible.Button
    Keys.onReturnPressed: if (root.enabled) root.clicked()
    Keys.onEnterPressed: if (root.enabled) root.clicked()

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            name: root.iconName
            color: root.color
            size: root.size
        }
    }
    background: Rectangle {
        radius: Theme.radiusSmall + 1
        color: root.down ? Theme.pressed : root.hovered || root.checked ? Theme.hover : "transparent"

        FocusRing {
            visible: root.visualFocus
            inset: 0
        }
    }

    AppToolTip {
        text: root.label
        visible: root.hovered
    }
}
