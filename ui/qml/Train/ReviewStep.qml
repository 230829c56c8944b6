// SPDX-License-Identifier: GPL-3.0-or-later
// Step 6: everything at a glance, what differs from the defaults, what will exist afterwards.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form

    spacing: Theme.m

    Heading {
        Layout.fillWidth: true
        text: qsTr("Ready?")
    }
    Card {
        Layout.fillWidth: true

        FormRow {
            Layout.fillWidth: true
            label: qsTr("Name of the run")
            note: qsTr("You find it by this name under Runs and in Chat.")
            problem: root.form.problem

            AppTextField {
                implicitWidth: 300
                label: qsTr("Name of the run")
                text: root.form.name
                problem: root.form.problem
                onTextEdited: root.form.name = text
            }
        }
    }
    Card {
        Layout.fillWidth: true
        title: qsTr("What will exist afterwards")
        spacing: Theme.s

        Column {
            id: lines

            Layout.fillWidth: true
            spacing: Theme.s

            Repeater {
                model: root.form.outcome

                Row {
                    id: line

                    required property string modelData

                    spacing: Theme.s

                    Icon {
                        id: tick

                        name: "check"
                        color: Theme.accent
                    }
                    Body {
                        width: lines.width - tick.width - Theme.s
                        text: line.modelData
                    }
                }
            }
        }
        Body {
            Layout.fillWidth: true
            muted: true
            text: root.form.plan.isDone
                  ? qsTr("Time: %1 (estimate). Memory: %2 (estimate).").arg(root.form.plan.timeText)
                                                                       .arg(root.form.plan.memoryText)
                  : ""
        }
    }
    Card {
        Layout.fillWidth: true
        title: root.form.changedCount > 0
               ? qsTr("Settings, %n of them changed", "", root.form.changedCount)
               : qsTr("Settings, all at their defaults")

        FactTable {
            Layout.fillWidth: true
            rows: root.form.review
            changedHint: qsTr("changed")
        }
    }
}
