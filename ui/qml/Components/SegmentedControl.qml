// SPDX-License-Identifier: GPL-3.0-or-later
// A choice of a few: options is a list of {value, text}; `chosen(value)` when the user picks one.
import QtQuick
import QtQuick.Templates as T
import Greylag

Rectangle {
    id: root

    property var options: []
    property var value
    property string label

    signal chosen(var value)

    implicitWidth: row.implicitWidth + 6
    implicitHeight: Theme.controlHeight
    radius: Theme.radius
    color: Theme.subtle
    Accessible.role: Accessible.Grouping
    Accessible.name: label

    Row {
        id: row

        anchors.centerIn: parent
        spacing: 2

        Repeater {
            model: root.options

            T.AbstractButton {
                id: option

                required property var modelData
                readonly property bool isChosen: root.value === modelData.value

                implicitWidth: caption.implicitWidth + 26
                implicitHeight: root.implicitHeight - 6
                hoverEnabled: true
                focusPolicy: Qt.StrongFocus
                text: modelData.text
                Accessible.role: Accessible.RadioButton
                Accessible.name: text
                Accessible.checked: isChosen
                onClicked: root.chosen(modelData.value)
                Keys.onReturnPressed: root.chosen(modelData.value)

                contentItem: Text {
                    id: caption

                    text: option.text
                    color: option.isChosen ? Theme.text : Theme.textMuted
                    font.family: Theme.family
                    font.pixelSize: Theme.textSmall
                    font.weight: Font.Medium
                    horizontalAlignment: Text.AlignHCenter
                    verticalAlignment: Text.AlignVCenter
                    textFormat: Text.PlainText
                    renderType: Text.NativeRendering
                }
                background: Rectangle {
                    radius: Theme.radiusSmall
                    color: option.isChosen ? (Theme.isDark ? Theme.pressed : Theme.surface)
                         : option.hovered ? Theme.hover : "transparent"
                    border.width: option.isChosen ? 1 : 0
                    border.color: Theme.border

                    FocusRing {
                        visible: option.visualFocus
                        inset: 0
                    }
                }
            }
        }
    }
}
