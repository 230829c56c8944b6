// SPDX-License-Identifier: GPL-3.0-or-later
// The run that is alive, in one line.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property HomeOverview overview

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.m

        Icon {
            name: root.overview.liveState === "paused" ? "pause" : "train"
            color: Theme.accent
            size: 22
        }
        ColumnLayout {
            Layout.fillWidth: true
            spacing: 6

            RowLayout {
                Layout.fillWidth: true

                Body {
                    Layout.fillWidth: true
                    font.weight: Font.DemiBold
                    elide: Text.ElideRight
                    wrapMode: Text.NoWrap
                    text: root.overview.liveState === "paused"
                          ? qsTr("“%1” is paused").arg(root.overview.liveName)
                          : qsTr("“%1” is learning").arg(root.overview.liveName)
                }
                Body {
                    muted: true
                    small: true
                    text: [qsTr("step %1 of %2").arg(root.overview.liveStep).arg(root.overview.liveSteps),
                           root.overview.liveStep > 0
                               ? qsTr("loss %1").arg(AppInfo.number(root.overview.liveLoss, 3)) : "",
                           root.overview.liveSecondsLeft > 0
                               ? qsTr("%1 left").arg(AppInfo.duration(root.overview.liveSecondsLeft)) : ""]
                        .filter(part => part !== "").join("  ·  ")
                }
            }
            AppProgressBar {
                Layout.fillWidth: true
                value: root.overview.liveSteps > 0 ? root.overview.liveStep / root.overview.liveSteps : 0
                Accessible.name: qsTr("Progress of the run")
            }
        }
        AppButton {
            text: qsTr("Open")
            onClicked: Navigator.go("runs", {run: root.overview.liveId})
        }
    }
}
