// SPDX-License-Identifier: GPL-3.0-or-later
// One cell. Given digits are black on grey, those of the model coloured on white; the less sure the
// model is, the more orange lies behind. What breaks a rule is also underlined, what has changed
// has a dot, so that nothing is said by colour alone.
import QtQuick
import Greylag

Rectangle {
    id: root

    required property int index
    required property int digit
    required property bool isGiven
    required property real confidence
    required property bool isChanged
    required property bool isWrong
    required property bool isOverruled
    required property string words
    property bool isCursor: false
    property bool isFocused: false

    signal picked

    color: isWrong ? Theme.badSoft : isGiven ? Theme.subtle
         : Qt.tint(Theme.field, Qt.alpha(Theme.warm, 0.75 * (1 - confidence)))
    border.width: 1
    border.color: Theme.border
    Accessible.role: Accessible.Cell
    Accessible.name: words
    Accessible.selected: isCursor
    Accessible.onPressAction: root.picked()

    Text {
        id: figure

        anchors.centerIn: parent
        visible: root.digit > 0
        text: root.digit
        color: root.isWrong ? Theme.bad : root.isGiven ? Theme.text : Theme.accent
        font.family: Theme.family
        font.pixelSize: Math.round(root.height * 0.48)
        font.weight: root.isGiven ? Font.DemiBold : Font.Normal
        font.underline: root.isWrong
        textFormat: Text.PlainText
        renderType: Text.NativeRendering
        Accessible.ignored: true
    }
    Rectangle {
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: 5
        visible: root.isChanged
        width: 6
        height: 6
        radius: 3
        color: Theme.accent
    }
    Rectangle {
        anchors.left: parent.left
        anchors.top: parent.top
        anchors.margins: 5
        visible: root.isOverruled
        width: 7
        height: 7
        radius: 4
        color: "transparent"
        border.width: 2
        border.color: Theme.warm
    }
    Rectangle {
        anchors.fill: parent
        anchors.margins: 1
        visible: root.isCursor
        color: "transparent"
        border.width: root.isFocused ? 3 : 1
        border.color: root.isFocused ? Theme.focus : Theme.borderStrong
    }
    TapHandler {
        onTapped: root.picked()
    }
}
