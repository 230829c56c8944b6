// SPDX-License-Identifier: GPL-3.0-or-later
// The curves of a run: loss large, below it what a reasoning core does in its cycles, then the other
// three; one cursor across all of them.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property RunSeries series
    property real cursorStep: -1
    property bool isLogarithmic: false
    property real smoothing: 0.9
    readonly property bool hasCycles: series !== null && series.hasCycles
    readonly property bool hasCycleChange: series !== null && series.hasCycleChange
    readonly property bool hasHaltDepth: series !== null && series.hasHaltDepth

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
        visible: root.hasCycles
        columns: root.width > 700 ? 3 : 1
        columnSpacing: Theme.m
        rowSpacing: Theme.m

        SmallChart {
            series: root.series
            quantity: RunSeries.CycleLoss
            heading: qsTr("Loss after each cycle")
            hint: qsTr("Later cycles should be lower; equal ones add nothing.")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
        SmallChart {
            visible: root.hasCycleChange
            series: root.series
            quantity: RunSeries.CycleChange
            heading: qsTr("Change between cycles")
            hint: qsTr("How far the core's answer moves, as a share of its size.")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
        SmallChart {
            visible: root.hasHaltDepth
            series: root.series
            quantity: RunSeries.HaltDepth
            heading: qsTr("Halting depth")
            hint: qsTr("Cycles per learned token, on average.")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
    }
    GridLayout {
        Layout.fillWidth: true
        columns: root.width > 700 ? 3 : 1
        columnSpacing: Theme.m
        rowSpacing: Theme.m

        SmallChart {
            series: root.series
            quantity: RunSeries.LearningRate
            heading: qsTr("Learning rate")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
        SmallChart {
            series: root.series
            quantity: RunSeries.GradientNorm
            heading: qsTr("Gradient norm")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
        SmallChart {
            series: root.series
            quantity: RunSeries.Speed
            heading: qsTr("Tokens per second")
            cursorStep: root.cursorStep
            onCursorMoved: step => root.cursorStep = step
        }
    }
}
