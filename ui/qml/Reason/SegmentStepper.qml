// SPDX-License-Identifier: GPL-3.0-or-later
// Goes back to earlier segments; 0 is the puzzle alone.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    required property ReasonSession session

    spacing: Theme.xs

    IconButton {
        iconName: "chevron-left"
        label: qsTr("Segment before")
        enabled: root.session.step > 0
        onClicked: root.session.step -= 1
    }
    AppSlider {
        id: slider

        Layout.fillWidth: true
        Layout.minimumWidth: 60
        label: qsTr("Segment")
        from: 0
        to: Math.max(1, root.session.stepCount)
        stepSize: 1
        snapMode: AppSlider.SnapAlways
        enabled: root.session.stepCount > 0
        onMoved: root.session.step = Math.round(value)

        Binding on value {
            value: root.session.step
            when: !slider.pressed
        }
    }
    IconButton {
        iconName: "chevron-right"
        label: qsTr("Segment after")
        enabled: root.session.step < root.session.stepCount
        onClicked: root.session.step += 1
    }
}
