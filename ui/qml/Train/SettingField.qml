// SPDX-License-Identifier: GPL-3.0-or-later
// One setting of the plan: label, what it does, then a number, a switch or a choice, and a problem.
import QtQuick
import QtQuick.Layouts
import Greylag

FormRow {
    id: root

    required label
    required property string key
    required property string hint
    required property string kind
    required property var options
    required property string valueText
    required property string defaultText
    required property string rangeText
    required property bool isChanged
    required problem

    signal edited(string text)

    note: rangeText === "" ? hint : hint + " (" + rangeText + ")"

    Badge {
        visible: root.isChanged && root.problem === ""
        text: qsTr("default: %1").arg(root.defaultText)
    }
    Loader {
        sourceComponent: root.kind === "switch" ? switchField
                       : root.kind === "choice" ? choiceField : numberField
    }
    Component {
        id: numberField

        AppTextField {
            id: field

            readonly property string current: root.valueText

            implicitWidth: 120
            label: root.label
            problem: root.problem
            inputMethodHints: Qt.ImhFormattedNumbersOnly
            onCurrentChanged: if (text !== current) text = current
            Component.onCompleted: text = current
            onTextEdited: root.edited(text)
            Accessible.description: root.problem !== "" ? root.problem : root.rangeText
        }
    }
    Component {
        id: switchField

        AppSwitch {
            id: control

            readonly property bool current: root.valueText === "1"

            spacing: 0
            Accessible.name: root.label
            onCurrentChanged: checked = current
            Component.onCompleted: checked = current
            onToggled: root.edited(checked ? "1" : "0")
        }
    }
    Component {
        id: choiceField

        AppComboBox {
            id: box

            readonly property string current: root.valueText

            function showCurrent() {
                box.currentIndex = root.options.findIndex(option => option.value === box.current);
            }

            implicitWidth: 220
            label: root.label
            model: root.options
            textRole: "text"
            onCurrentChanged: showCurrent()
            onModelChanged: showCurrent()
            Component.onCompleted: showCurrent()
            onActivated: index => root.edited(root.options[index].value)
        }
    }
}
