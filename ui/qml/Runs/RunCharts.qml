// SPDX-License-Identifier: GPL-3.0-or-later
// The curves of a run: loss large, the other three below; one cursor across all of them.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property RunSeries series
    property real cursorStep: -1
    property bool isLogarithmic: false
    property real smoothing: 0.9

    spacing: Theme.m

    Card {
        Layout.fillWidth: true
        spacing: Theme.s

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.m

            Heading {
                Layout.fillWidth: true
                level: 3
                text: qsTr("Loss")
            }
            Body {
                small: true
                muted: true
                text: qsTr("Smoothing")
            }
            AppSlider {
                Layout.preferredWidth: 110
                from: 0
                to: 0.98
                value: root.smoothing
                onMoved: root.smoothing = value
                Accessible.name: qsTr("Smoothing")
            }
            AppCheckBox {
                text: qsTr("Log scale")
                checked: root.isLogarithmic
                onToggled: root.isLogarithmic = checked
            }
        }
        Flow {
            Layout.fillWidth: true
            spacing: Theme.l

            ChartKey {
                visible: root.smoothing > 0
                color: Theme.borderStrong
                text: qsTr("each step")
            }
            ChartKey {
                color: Theme.accent
                text: root.smoothing > 0 ? qsTr("smoothed") : qsTr("each step")
                thickness: 3
            }
            ChartKey {
                color: Theme.warm
                text: qsTr("validation: text it never saw")
                isDashed: true
            }
        }
        ChartView {
            Layout.fillWidth: true
            Layout.preferredHeight: 260
            series: root.series
            quantity: RunSeries.Loss
            title: qsTr("Loss")
            smoothing: root.smoothing
            isLogarithmic: root.isLogarithmic
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width > 700 ? 3 : 1
        columnSpacing: Theme.m
        rowSpacing: Theme.m

        Repeater {
            model: [
                {quantity: RunSeries.LearningRate, title: qsTr("Learning rate")},
                {quantity: RunSeries.GradientNorm, title: qsTr("Gradient norm")},
                {quantity: RunSeries.Speed, title: qsTr("Tokens per second")}
            ]

            Card {
                id: card

                required property var modelData

                Layout.fillWidth: true
                Layout.preferredWidth: 1
                padding: Theme.m
                spacing: Theme.xs

                Body {
                    Layout.fillWidth: true
                    text: card.modelData.title
                    font.weight: Font.DemiBold
                }
                ChartView {
                    Layout.fillWidth: true
                    Layout.preferredHeight: 140
                    series: root.series
                    quantity: card.modelData.quantity
                    title: card.modelData.title
                    cursorStep: root.cursorStep
                    onCursorMoved: step => root.cursorStep = step
                }
            }
        }
    }
}
