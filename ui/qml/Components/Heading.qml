// SPDX-License-Identifier: GPL-3.0-or-later
// A heading: level 1 page, 2 section, 3 card.
import QtQuick
import Greylag

Text {
    property int level: 2

    color: Theme.text
    font.family: Theme.family
    font.weight: Font.DemiBold
    font.pixelSize: level === 1 ? Theme.textHuge : level === 2 ? Theme.textLarge : Theme.textTitle
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    renderType: Text.NativeRendering
    Accessible.role: Accessible.Heading
    Accessible.name: text
}
