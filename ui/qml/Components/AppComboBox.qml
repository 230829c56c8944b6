// SPDX-License-Identifier: GPL-3.0-or-later
// A choice of one. With textRole "" the model is a list of texts. `note` role adds a second line.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.ComboBox {
    id: root

    property string label
    property string placeholder
    property string noteRole
    property string iconName
    property bool isQuiet: false

    implicitWidth: 220
    implicitHeight: Theme.controlHeight
    leftPadding: iconName === "" ? 12 : Theme.iconSize + 18
    rightPadding: 32
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.5
    font.family: Theme.family
    font.pixelSize: Theme.textBody
    Accessible.name: label
    Accessible.description: displayText

    function fieldOf(index: int, item: var, role: string): string {
        if (role === "")
            return item === undefined || item === null ? "" : String(item);
        const value = item === undefined || item === null ? undefined : item[role];
        return value === undefined || value === null ? "" : String(value);
    }

    contentItem: Text {
        text: root.currentIndex < 0 || root.displayText === "" ? root.placeholder : root.displayText
        color: root.currentIndex < 0 ? Theme.textFaint : Theme.text
        font: root.font
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
    }
    indicator: Icon {
        x: root.width - width - 10
        y: (root.height - height) / 2
        name: "chevron-down"
        size: Theme.iconSize - 3
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.down || root.popup.visible ? Theme.hover : root.isQuiet
               ? (root.hovered ? Theme.hover : "transparent") : Theme.field
        border.width: root.isQuiet ? 0 : 1
        border.color: root.hovered ? Theme.borderStrong : Theme.border

        Icon {
            x: 11
            anchors.verticalCenter: parent.verticalCenter
            visible: root.iconName !== ""
            name: root.iconName
            size: Theme.iconSize - 2
        }
        FocusRing {
            visible: root.visualFocus
        }
    }
    delegate: T.ItemDelegate {
        id: item

        required property int index
        required property var model
        readonly property var entry: model.modelData !== undefined ? model.modelData : model
        readonly property string note: root.noteRole === "" ? ""
                                     : root.fieldOf(index, entry, root.noteRole)

        width: ListView.view ? ListView.view.width : root.width
        height: column.implicitHeight + 14
        highlighted: root.highlightedIndex === index
        text: root.fieldOf(index, entry, root.textRole)
        Accessible.name: text

        contentItem: Item {
            Column {
                id: column

                x: 10
                width: parent.width - 20 - Theme.iconSize
                anchors.verticalCenter: parent.verticalCenter
                spacing: 1

                Body {
                    width: parent.width
                    text: item.text
                    elide: Text.ElideRight
                    wrapMode: Text.NoWrap
                }
                Body {
                    width: parent.width
                    visible: item.note !== ""
                    text: item.note
                    muted: true
                    small: true
                    elide: Text.ElideRight
                    wrapMode: Text.NoWrap
                }
            }
            Icon {
                anchors.right: parent.right
                anchors.rightMargin: 8
                anchors.verticalCenter: parent.verticalCenter
                visible: root.currentIndex === item.index
                name: "check"
                color: Theme.accent
                size: Theme.iconSize - 2
            }
        }
        background: Rectangle {
            radius: Theme.radiusSmall
            color: item.highlighted || item.hovered ? Theme.hover : "transparent"
        }
    }
    popup: T.Popup {
        y: root.height + 4
        width: Math.max(root.width, 200)
        height: Math.min(contentItem.implicitHeight + 10, 360)
        margins: 8
        padding: 5

        contentItem: ListView {
            clip: true
            implicitHeight: contentHeight
            model: root.delegateModel
            currentIndex: root.highlightedIndex
            boundsBehavior: Flickable.StopAtBounds
            T.ScrollBar.vertical: AppScrollBar {}
        }
        background: Rectangle {
            radius: Theme.radius
            color: Theme.surfaceRaised
            border.width: 1
            border.color: Theme.borderStrong
        }
    }
}
