// SPDX-License-Identifier: GPL-3.0-or-later
// Step 5: the numbers, and what they cost. Every figure of the engine is an estimate and says so.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form
    property bool isExpert: false

    spacing: Theme.m

    Heading {
        Layout.fillWidth: true
        text: qsTr("How long, how strong, how much memory?")
    }
    Card {
        Layout.fillWidth: true
        visible: root.form.plan.isDone
        opacity: root.form.isPlanning ? 0.6 : 1

        RowLayout {
            Layout.fillWidth: true

            Heading {
                Layout.fillWidth: true
                level: 3
                text: root.form.plan.memoryText
                color: root.form.plan.fits ? Theme.text : Theme.bad
            }
            Badge {
                text: qsTr("estimate")
            }
        }
        MemoryBar {
            Layout.fillWidth: true
            plan: root.form.plan
        }
        GridLayout {
            Layout.fillWidth: true
            Layout.topMargin: Theme.xs
            columns: root.width > 620 ? 4 : 2
            columnSpacing: Theme.l
            rowSpacing: Theme.m

            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("time, an estimate")
                value: root.form.plan.timeText
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("times through the data")
                value: root.form.plan.epochsText
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("numbers that learn")
                value: root.form.plan.parametersText
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 2
                label: qsTr("checkpoints on disk")
                value: root.form.plan.checkpointText
            }
        }
        Column {
            id: warnings

            Layout.fillWidth: true
            visible: root.form.plan.warnings.length > 0
            spacing: Theme.s

            Repeater {
                model: root.form.plan.warnings

                Banner {
                    required property string modelData

                    width: warnings.width
                    kind: "warm"
                    text: modelData
                }
            }
        }
    }
    Banner {
        Layout.fillWidth: true
        visible: root.form.planError !== ""
        kind: "bad"
        text: root.form.planError
    }
    Card {
        Layout.fillWidth: true

        Repeater {
            model: root.form.settings

            SettingField {
                required property bool isExpert
                required property bool isUsed

                Layout.fillWidth: true
                visible: isUsed && (!isExpert || root.isExpert)
                onEdited: text => root.form.setSetting(key, text)
            }
        }
        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            AppButton {
                compact: true
                kind: "quiet"
                iconName: root.isExpert ? "chevron-up" : "chevron-down"
                text: root.isExpert ? qsTr("Fewer settings") : qsTr("Expert settings")
                onClicked: root.isExpert = !root.isExpert
            }
            Item {
                Layout.fillWidth: true
            }
            AppButton {
                visible: root.form.changedCount > 0
                compact: true
                kind: "quiet"
                text: qsTr("Restore defaults")
                onClicked: root.form.restoreDefaults()
            }
        }
    }
}
