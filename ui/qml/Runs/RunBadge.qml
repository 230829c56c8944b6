// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a run: a word, and a colour and icon that go with it.
import QtQuick
import Greylag

Badge {
    property string tone

    kind: tone === "live" ? "accent" : tone === "good" ? "good" : tone === "bad" ? "bad" : "neutral"
    iconName: tone === "live" ? "play" : tone === "good" ? "check" : tone === "bad" ? "alert" : ""
}
