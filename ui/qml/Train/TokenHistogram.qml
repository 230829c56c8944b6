// SPDX-License-Identifier: GPL-3.0-or-later
// How long are the samples? Bars with their counts, lengths in tokens below.
import QtQuick
import Greylag

// Positioners, not layouts: every report replaces the bars.
Item {
    id: root

    required property DataCheck check
    property int barHeight: 90
    readonly property int barCount: check.histogram.length
    readonly property real barWidth: Math.max(
        1, Math.min(90, (width - bars.spacing * (barCount - 1)) / Math.max(1, barCount)))

    implicitHeight: bars.implicitHeight
    Accessible.role: Accessible.Chart
    Accessible.name: qsTr("Samples by length")
    Accessible.description: check.histogramText

    Row {
        id: bars

        spacing: Theme.xs

        Repeater {
            model: root.check.histogram

            Column {
                id: bar

                required property var modelData

                width: root.barWidth
                spacing: 3

                Item {
                    width: parent.width
                    height: root.barHeight + Theme.textTiny + 6

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
                    width: parent.width
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
    }
}
