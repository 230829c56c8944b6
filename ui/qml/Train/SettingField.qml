// SPDX-License-Identifier: GPL-3.0-or-later
// One number of the plan: label, what it does, field, problem.
import QtQuick
import QtQuick.Layouts
import Greylag

FormRow {
    id: root

    required label
    required property string key
    required property string hint
    required property string valueText
    required property string defaultText
    required property bool isChanged
    required property string problem

    signal edited(string text)

    note: problem !== "" ? problem : hint
    onValueTextChanged: if (field.text !== valueText) field.text = valueText

    Badge {
        visible: root.isChanged && root.problem === ""
        text: qsTr("default: %1").arg(root.defaultText)
    }
    AppTextField {
        id: field

        implicitWidth: 120
        label: root.label
        Component.onCompleted: text = root.valueText
        problem: root.problem
        inputMethodHints: Qt.ImhFormattedNumbersOnly
        onTextEdited: root.edited(text)
    }
}
