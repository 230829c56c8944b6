// SPDX-License-Identifier: GPL-3.0-or-later
// Language, theme, size of the text.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    title: qsTr("Appearance")
    spacing: Theme.l

    FormRow {
        Layout.fillWidth: true
        label: qsTr("Language")

        SegmentedControl {
            label: qsTr("Language")
            options: [{value: "system", text: qsTr("System")}, {value: "en", text: "English"},
                      {value: "de", text: "Deutsch"}]
            value: AppSettings.language
            onChosen: value => AppSettings.language = value
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Theme")

        SegmentedControl {
            label: qsTr("Theme")
            options: [{value: "system", text: qsTr("System")}, {value: "light", text: qsTr("Light")},
                      {value: "dark", text: qsTr("Dark")}]
            value: AppSettings.theme
            onChosen: value => AppSettings.theme = value
        }
    }
    FormRow {
        Layout.fillWidth: true
        label: qsTr("Size of the text")
        note: qsTr("Ctrl++ and Ctrl+- change it everywhere.")

        AppSlider {
            id: slider

            Layout.preferredWidth: 190
            label: qsTr("Size of the text")
            from: 0.8
            to: 1.4
            stepSize: 0.05
            onPressedChanged: if (!pressed) AppSettings.fontScale = value
            onValueChanged: if (!pressed && activeFocus) AppSettings.fontScale = value

            Binding on value {
                value: AppSettings.fontScale
                when: !slider.pressed
            }
        }
        Body {
            Layout.preferredWidth: 52
            horizontalAlignment: Text.AlignRight
            text: Math.round(slider.value * 100) + " %"
        }
    }
}
