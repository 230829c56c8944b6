// SPDX-License-Identifier: GPL-3.0-or-later
// A piece of Markdown that can be selected. Its source was made safe in C++ (safe_markdown).
import QtQuick
import Greylag

TextEdit {
    id: root

    required property string markdown

    text: AnswerFormat.richText(markdown, font, Theme.mono, Theme.accent, Theme.border,
                                Theme.subtle)
    readOnly: true
    selectByMouse: true
    textFormat: TextEdit.RichText
    wrapMode: TextEdit.Wrap
    color: Theme.text
    selectionColor: Theme.accent
    selectedTextColor: Theme.accentText
    font.family: Theme.family
    font.pixelSize: Theme.textBody + 1
    renderType: Text.NativeRendering
    Accessible.role: Accessible.StaticText
    Accessible.name: markdown
    onLinkActivated: link => AppInfo.openLink(link)

    HoverHandler {
        enabled: root.hoveredLink !== ""
        cursorShape: Qt.PointingHandCursor
    }
    AppToolTip {
        text: root.hoveredLink
        visible: root.hoveredLink !== ""
        y: root.height
    }
}
