// SPDX-License-Identifier: GPL-3.0-or-later
// Where the user is in the wizard, and a way back to any step that can be reached.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

RowLayout {
    id: root

    required property TrainForm form
    readonly property list<string> titles: [qsTr("Goal"), qsTr("Model"), qsTr("Data"),
                                            qsTr("Check"), qsTr("Plan"), qsTr("Review")]

    spacing: Theme.xs
    Accessible.role: Accessible.PageTabList
    Accessible.name: qsTr("Steps")

    Repeater {
        model: root.titles

        T.AbstractButton {
            id: button

            required property int index
            required property string modelData
            readonly property bool isCurrent: root.form.step === index
            readonly property bool isDone: index < root.form.reachableStep
                                           && index < root.form.step

            Layout.fillWidth: true
            Layout.preferredWidth: 1
            implicitHeight: implicitContentHeight + Theme.m
            enabled: index <= root.form.reachableStep
            hoverEnabled: true
            focusPolicy: Qt.StrongFocus
            text: modelData
            Accessible.role: Accessible.PageTab
            Accessible.name: qsTr("Step %1 of 6: %2").arg(index + 1).arg(modelData)
            Accessible.selected: isCurrent
            onClicked: root.form.goTo(index)
            Keys.onReturnPressed: root.form.goTo(index)

            contentItem: ColumnLayout {
                spacing: 6
                opacity: button.enabled ? 1 : 0.55

                Rectangle {
                    Layout.fillWidth: true
                    implicitHeight: 4
                    radius: 2
                    color: button.isCurrent || button.isDone ? Theme.accent : Theme.pressed
                }
                RowLayout {
                    spacing: 5

                    Icon {
                        visible: button.isDone
                        name: "check"
                        color: Theme.accent
                        size: Theme.textSmall + 2
                    }
                    Text {
                        Layout.fillWidth: true
                        text: button.isDone ? button.text : (button.index + 1) + "  " + button.text
                        color: button.isCurrent ? Theme.text : Theme.textMuted
                        font.family: Theme.family
                        font.pixelSize: Theme.textSmall
                        font.weight: button.isCurrent ? Font.DemiBold : Font.Normal
                        elide: Text.ElideRight
                        textFormat: Text.PlainText
                        renderType: Text.NativeRendering
                    }
                }
            }
            background: Rectangle {
                radius: Theme.radiusSmall
                color: button.hovered && button.enabled ? Theme.hover : "transparent"

                FocusRing {
                    visible: button.visualFocus
                    inset: -1
                }
            }
        }
    }
}
