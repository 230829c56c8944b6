// SPDX-License-Identifier: GPL-3.0-or-later
// Running text. Set `muted` or `small` for the quieter kinds.
import QtQuick
import Greylag

Text {
    property bool muted: false
    property bool small: false

    color: muted ? Theme.textMuted : Theme.text
    font.family: Theme.family
    font.pixelSize: small ? Theme.textSmall : Theme.textBody
    // By widths: lineCount changes with the line height, which would be a loop.
    lineHeight: text.includes("\n") || (wrapMode !== Text.NoWrap && implicitWidth > width + 1) ? 1.16 : 1
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    renderType: Text.NativeRendering
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
