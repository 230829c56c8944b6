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
    lineHeight: lineCount > 1 ? 1.16 : 1
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    renderType: Text.NativeRendering
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
