// SPDX-License-Identifier: GPL-3.0-or-later
// How long are the samples? Bars with their counts, lengths in tokens below.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    required property DataCheck check
    property int barHeight: 90

    spacing: Theme.xs
    Accessible.role: Accessible.Chart
    Accessible.name: qsTr("Samples by length")
    Accessible.description: check.histogramText

    Repeater {
        model: root.check.histogram

        ColumnLayout {
            id: bar

            required property var modelData

            Layout.fillWidth: true
            Layout.preferredWidth: 1
            Layout.maximumWidth: 90
            spacing: 3

            Item {
                Layout.fillWidth: true
                implicitHeight: root.barHeight + Theme.textTiny + 6

                Text {
                    anchors.horizontalCenter: parent.horizontalCenter
                    anchors.bottom: block.top
                    anchors.bottomMargin: 2
                    text: bar.modelData.count > 0 ? Number(bar.modelData.count).toLocaleString(Qt.locale(), "f", 0) : ""
                    color: Theme.textMuted
                    font.family: Theme.family
                    font.pixelSize: Theme.textTiny
                    renderType: Text.NativeRendering
                }
                Rectangle {
                    id: block

                    anchors.bottom: parent.bottom
                    width: parent.width
                    height: bar.modelData.count > 0
                            ? Math.max(2, root.barHeight * bar.modelData.share) : 1
                    radius: 3
                    color: bar.modelData.count > 0 ? Theme.accent : Theme.border
                }
            }
            Text {
                Layout.fillWidth: true
                horizontalAlignment: Text.AlignHCenter
                text: bar.modelData.label
                color: Theme.textMuted
                font.family: Theme.family
                font.pixelSize: Theme.textTiny
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 8
                renderType: Text.NativeRendering
            }
        }
    }
    Item {
        Layout.fillWidth: true
    }
}
