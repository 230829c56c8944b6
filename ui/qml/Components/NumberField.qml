// SPDX-License-Identifier: GPL-3.0-or-later
// A number with limits. `edited(value)` comes when the user leaves the field with a valid number.
import QtQuick
import Greylag

AppTextField {
    id: root

    property real value: 0
    property real from: 0
    property real to: 1e12
    property int decimals: 0

    signal edited(real value)

    readonly property real typed: root.text.trim() === "" ? NaN
                                : Number(root.text.trim().replace(",", "."))
    readonly property bool isValid: !isNaN(typed) && typed >= from && typed <= to
                                    && (decimals > 0 || Math.round(typed) === typed)

    function shownText(number: real): string {
        if (root.decimals === 0)
            return Math.round(number).toString();
        return Number(number.toPrecision(10)).toString();
    }

    implicitWidth: 120
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    problem: isValid ? "" : qsTr("A number from %1 to %2").arg(shownText(from)).arg(shownText(to))
    onValueChanged: if (!activeFocus || typed !== value) text = shownText(value)
    onEditingFinished: {
        if (!isValid)
            text = shownText(value);
        else if (typed !== value)
            edited(typed);
    }
    Component.onCompleted: text = shownText(value)

    AppToolTip {
        text: root.problem
        visible: root.problem !== "" && root.activeFocus
        delay: 0
    }
}
