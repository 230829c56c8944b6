// SPDX-License-Identifier: GPL-3.0-or-later
// Several lines of text that grow with their content up to maximumHeight, then scroll.
import QtQuick
import QtQuick.Templates as T
import Greylag

T.ScrollView {
    id: root

    property alias text: area.text
    property alias area: area
    property alias readOnly: area.readOnly
    property string placeholderText
    property string label: placeholderText
    property int minimumHeight: Theme.controlHeight * 2
    property int maximumHeight: 240
    property bool isFramed: true

    signal submitted

    implicitWidth: 260
    implicitHeight: Math.min(maximumHeight, Math.max(minimumHeight, area.implicitHeight))
    contentWidth: availableWidth

    T.ScrollBar.vertical: AppScrollBar {
        parent: root
        x: root.width - width - 2
        y: 2
        height: root.height - 4
        active: true
        policy: area.implicitHeight > root.height + 1 ? T.ScrollBar.AlwaysOn : T.ScrollBar.AlwaysOff
    }

    T.TextArea {
        id: area

        implicitHeight: contentHeight + topPadding + bottomPadding
        leftPadding: 11
        rightPadding: 14
        topPadding: 8
        bottomPadding: 8
        color: Theme.text
        selectionColor: Theme.accent
        selectedTextColor: Theme.accentText
        font.family: Theme.family
        font.pixelSize: Theme.textBody
        wrapMode: TextEdit.Wrap
        selectByMouse: true
        textFormat: TextEdit.PlainText
        renderType: Text.NativeRendering
        Accessible.name: root.label
        // Tab leaves the field; what comes next is found out when it is pressed.
        Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
        Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)

        Text {
            x: area.leftPadding
            y: area.topPadding
            width: area.width - area.leftPadding - area.rightPadding
            visible: area.text === "" && area.preeditText === ""
            text: root.placeholderText
            color: Theme.textFaint
            font: area.font
            wrapMode: Text.Wrap
            textFormat: Text.PlainText
            renderType: Text.NativeRendering
        }
    }

    background: Rectangle {
        visible: root.isFramed
        radius: Theme.radius
        color: Theme.field
        border.width: area.activeFocus ? 2 : 1
        border.color: area.activeFocus ? Theme.focus : Theme.border
    }
}
