// SPDX-License-Identifier: GPL-3.0-or-later
// A whole number with limits, by the rule of app/number_text.h. `edited(value)` comes when the user
// leaves the field with a valid number; any other text is put back, and said.
import QtQuick
import Greylag

AppTextField {
    id: root

    property real value: 0
    property real from: 0
    property real to: 1e12

    signal edited(real value)

    readonly property real typed: AppInfo.typedNumber(text, from, to, true)
    readonly property string rangeText: AppInfo.rangeText(from, to, true)

    implicitWidth: 120
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    problem: AppInfo.numberProblem(text, from, to, true)
    Accessible.description: problem !== "" ? problem : rangeText
    onValueChanged: if (!activeFocus || typed !== value) text = AppInfo.editableNumber(value, true)
    onEditingFinished: {
        if (problem !== "") {
            Toaster.fail(qsTr("%1: “%2” was not taken. %3.").arg(label).arg(text).arg(problem));
            text = AppInfo.editableNumber(value, true);
        } else if (typed !== value) {
            edited(typed);
        }
    }
    Component.onCompleted: text = AppInfo.editableNumber(value, true)

    AppToolTip {
        text: root.problem !== "" ? root.problem : root.rangeText
        visible: root.activeFocus || root.hovered
        delay: root.problem !== "" ? 0 : 400
    }
}
