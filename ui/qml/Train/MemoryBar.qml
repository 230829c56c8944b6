// SPDX-License-Identifier: GPL-3.0-or-later
// The memory bill: parts of a bar, told apart by colour and by the legend's order and figures.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainPlan plan

    function ink(name: string): color {
        switch (name) {
        case "weights": return Theme.accent;
        case "optimizer": return Theme.warm;
        case "activations": return Theme.good;
        }
        return Theme.pressed;
    }

    spacing: Theme.s
    Accessible.role: Accessible.Chart
    Accessible.name: qsTr("Memory")
    Accessible.description: plan.memoryText

    Rectangle {
        id: frame

        Layout.fillWidth: true
        implicitHeight: 18
        radius: 5
        color: Theme.pressed
        clip: true

        Row {
            anchors.fill: parent

            Repeater {
                model: root.plan.segments

                Rectangle {
                    required property var modelData

                    width: frame.width * modelData.share
                    height: frame.height
                    color: root.ink(modelData.name)
                    border.width: modelData.share > 0.01 && modelData.name !== "free" ? 1 : 0
                    border.color: Theme.surface
                }
            }
        }
    }
    Flow {
        Layout.fillWidth: true
        spacing: Theme.l

        Repeater {
            model: root.plan.segments

            Row {
                id: entry

                required property var modelData

                spacing: 6

                Rectangle {
                    anchors.verticalCenter: parent.verticalCenter
                    width: 10
                    height: 10
                    radius: 3
                    color: root.ink(entry.modelData.name)
                }
                Body {
                    small: true
                    wrapMode: Text.NoWrap
                    text: entry.modelData.label + "  " + entry.modelData.text
                }
            }
        }
    }
}
