// SPDX-License-Identifier: GPL-3.0-or-later
// One line of text. `problem` shows what is wrong below the caret's line by a red frame.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.TextField {
    id: root

    property string problem
    property string iconName
    property string label: placeholderText

    implicitWidth: 220
    implicitHeight: Theme.controlHeight
    leftPadding: iconName === "" ? 11 : Theme.iconSize + 18
    rightPadding: 11
    verticalAlignment: TextInput.AlignVCenter
    color: Theme.text
    selectionColor: Theme.accent
    selectedTextColor: Theme.accentText
    placeholderTextColor: Theme.textFaint
    font.family: Theme.family
    font.pixelSize: Theme.textBody
    selectByMouse: true
    opacity: enabled ? 1 : 0.5
    renderType: Text.NativeRendering
    Accessible.name: label
    Accessible.description: problem

    background: Rectangle {
        radius: Theme.radius
        color: Theme.field
        border.width: root.activeFocus ? 2 : 1
        border.color: root.problem !== "" ? Theme.bad
                    : root.activeFocus ? Theme.focus
                    : root.hovered ? Theme.borderStrong : Theme.border
    }

    Icon {
        x: 11
        anchors.verticalCenter: parent.verticalCenter
        visible: root.iconName !== ""
        name: root.iconName
        color: Theme.textFaint
        size: Theme.iconSize - 2
    }
    Text {
        x: root.leftPadding
        width: root.width - root.leftPadding - root.rightPadding
        height: root.height
        visible: root.text === "" && root.preeditText === ""
        text: root.placeholderText
        color: root.placeholderTextColor
        font: root.font
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
    }
}
