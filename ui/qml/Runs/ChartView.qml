// SPDX-License-Identifier: GPL-3.0-or-later
// A chart with its readout: drag or Ctrl+wheel zooms, double click shows everything, the arrow keys
// move the cursor, + and - zoom, Home resets.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property RunSeries series
    required property int quantity
    required property string title
    property real smoothing: 0
    property bool isLogarithmic: false
    property real cursorStep: -1
    property bool isReadoutWrapped: false

    signal cursorMoved(real step)

    spacing: 2

    LossChart {
        id: chart

        Layout.fillWidth: true
        Layout.fillHeight: true
        activeFocusOnTab: true
        series: root.series
        quantity: root.quantity
        smoothing: root.smoothing
        logarithmic: root.isLogarithmic
        cursorStep: root.cursorStep
        textColor: Theme.textMuted
        gridColor: Theme.border
        rawColor: Theme.borderStrong
        lineColor: Theme.accent
        validationColor: Theme.warm
        fontPixelSize: Theme.textTiny
        onCursorStepChanged: if (chart.cursorStep !== root.cursorStep) root.cursorMoved(chart.cursorStep)
        Accessible.role: Accessible.Chart
        Accessible.name: root.title
        Accessible.description: chart.summary
        Accessible.focusable: true
        Keys.onLeftPressed: chart.moveCursor(-1)
        Keys.onRightPressed: chart.moveCursor(1)
        Keys.onPressed: event => {
            if (event.key === Qt.Key_Plus)
                chart.zoomBy(1.5, 0.5);
            else if (event.key === Qt.Key_Minus)
                chart.zoomBy(1 / 1.5, 0.5);
            else if (event.key === Qt.Key_Home || event.key === Qt.Key_0)
                chart.resetZoom();
            else
                return;
            event.accepted = true;
        }

        FocusRing {
            visible: chart.activeFocus
            inset: 0
        }
        AppButton {
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.s
            visible: chart.zoomed
            compact: true
            text: qsTr("Show all")
            onClicked: chart.resetZoom()
        }
    }
    Flow {
        Layout.fillWidth: true
        visible: chart.lineKeys.length > 0
        spacing: Theme.m

        Repeater {
            model: chart.lineKeys

            ChartKey {
                required property var modelData

                color: modelData.color
                text: modelData.text
            }
        }
    }
    Body {
        Layout.fillWidth: true
        small: true
        muted: true
        wrapMode: root.isReadoutWrapped ? Text.Wrap : Text.NoWrap
        elide: root.isReadoutWrapped ? Text.ElideNone : Text.ElideRight
        text: chart.readout
    }
}
