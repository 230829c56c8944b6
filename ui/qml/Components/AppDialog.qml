// SPDX-License-Identifier: GPL-3.0-or-later
// A modal dialog with a title, content and a row of buttons (`buttons`: default focus on the last).
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

T.Dialog {
    id: root

    property int maximumWidth: 520
    property list<Item> buttons

    parent: T.Overlay.overlay
    x: Math.round((parent ? parent.width - width : 0) / 2)
    y: Math.round((parent ? parent.height - height : 0) / 2)
    width: Math.min(maximumWidth, parent ? parent.width - 48 : maximumWidth)
    height: Math.min(implicitHeight, parent ? parent.height - 48 : implicitHeight)
    implicitHeight: header.implicitHeight + contentHeight + topPadding + bottomPadding
                    + (footer.visible ? footer.implicitHeight : 0)
    contentHeight: contentItem.children.length > 0 ? contentItem.children[0].implicitHeight : 0
    modal: true
    focus: true
    padding: Theme.xl
    topPadding: Theme.s
    bottomPadding: Theme.l
    closePolicy: T.Popup.CloseOnEscape
    onButtonsChanged: {
        for (let i = 0; i < root.buttons.length; ++i)
            root.buttons[i].parent = buttonRow;
    }

    header: Item {
        implicitHeight: title.implicitHeight + Theme.xl + 4

        Heading {
            id: title

            x: Theme.xl
            y: Theme.xl - 4
            width: parent.width - 2 * Theme.xl
            level: 2
            text: root.title
        }
    }
    footer: Item {
        visible: root.buttons.length > 0
        implicitHeight: buttonRow.implicitHeight + Theme.l + 4

        RowLayout {
            id: buttonRow

            anchors.right: parent.right
            anchors.rightMargin: Theme.xl
            spacing: Theme.s
        }
    }
    background: Rectangle {
        radius: Theme.radiusLarge
        color: Theme.surface
        border.width: 1
        border.color: Theme.border
    }
    T.Overlay.modal: Rectangle {
        color: Theme.shade
    }
}
