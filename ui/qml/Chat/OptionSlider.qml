// SPDX-License-Identifier: GPL-3.0-or-later
// A number of the sampler: name, value, slider and what it does in plain words.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    property string label
    property string note
    property real value: 0
    property real from: 0
    property real to: 1
    property real step: 0.05
    property int decimals: 2

    signal edited(real value)

    spacing: 0

    RowLayout {
        Layout.fillWidth: true

        Body {
            Layout.fillWidth: true
            text: root.label
            font.weight: Font.Medium
            // The row would keep the height of a label that wrapped before it had its width.
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
        }
        Body {
            text: AppInfo.number(root.value, root.decimals)
            font.family: Theme.mono
            small: true
        }
    }
    AppSlider {
        id: slider

        Layout.fillWidth: true
        label: root.label
        from: root.from
        to: root.to
        stepSize: root.step
        onMoved: root.edited(Number(value.toFixed(root.decimals)))

        Binding on value {
            value: root.value
            when: !slider.pressed
        }
    }
    Body {
        Layout.fillWidth: true
        visible: root.note !== ""
        small: true
        muted: true
        text: root.note
    }
}
