// SPDX-License-Identifier: GPL-3.0-or-later
// One of a run's smaller curves in a card of its own; shares the cursor of all curves.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property RunSeries series
    required property int quantity
    required property string heading
    property string hint
    property real cursorStep: -1

    signal cursorMoved(real step)

    Layout.fillWidth: true
    Layout.fillHeight: true
    Layout.preferredWidth: 1
    padding: Theme.m
    spacing: Theme.xs

    Body {
        Layout.fillWidth: true
        text: root.heading
        font.weight: Font.DemiBold
    }
    Body {
        Layout.fillWidth: true
        visible: root.hint !== ""
        small: true
        muted: true
        text: root.hint
    }
    ChartView {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredHeight: root.hint === "" ? 140 : 190
        series: root.series
        quantity: root.quantity
        title: root.heading
        isReadoutWrapped: root.hint !== ""
        cursorStep: root.cursorStep
        onCursorMoved: step => root.cursorMoved(step)
    }
}
