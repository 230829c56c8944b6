// SPDX-License-Identifier: GPL-3.0-or-later
// One run in the list: name, state, progress and a small curve.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

T.AbstractButton {
    id: root

    required property string runId
    required property string name
    required property string stateText
    required property string tone
    required property real progress
    required property string stepText
    required property string timeLeft
    required property string lossText
    required property string subject
    required property string started
    required property string summary
    property RunSeries series
    property bool isChosen: false

    implicitHeight: implicitContentHeight + 2 * Theme.m
    padding: Theme.m
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.ListItem
    Accessible.name: summary
    Accessible.selected: isChosen
    Keys.onReturnPressed: clicked()

    contentItem: ColumnLayout {
        spacing: 3

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            Body {
                Layout.fillWidth: true
                text: root.name
                font.weight: Font.DemiBold
                elide: Text.ElideMiddle
                wrapMode: Text.NoWrap
            }
            RunBadge {
                text: root.stateText
                tone: root.tone
            }
        }
        Body {
            Layout.fillWidth: true
            small: true
            muted: true
            text: [root.started, root.subject].filter(part => part !== "").join(" · ")
            elide: Text.ElideRight
            maximumLineCount: 2
        }
        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 1

                Body {
                    Layout.fillWidth: true
                    small: true
                    muted: true
                    text: root.stepText
                    wrapMode: Text.NoWrap
                    elide: Text.ElideRight
                }
                Body {
                    Layout.fillWidth: true
                    small: true
                    muted: true
                    text: root.timeLeft !== "" ? root.timeLeft : root.lossText
                    wrapMode: Text.NoWrap
                    elide: Text.ElideRight
                }
            }
            Sparkline {
                Layout.preferredWidth: 84
                Layout.preferredHeight: 30
                series: root.series
                color: Theme.accent
            }
        }
        AppProgressBar {
            Layout.fillWidth: true
            Layout.topMargin: 2
            visible: root.tone === "live"
            implicitHeight: 4
            value: root.progress
            Accessible.name: root.stepText
        }
    }
    background: Rectangle {
        radius: Theme.radius
        color: root.isChosen ? Theme.accentSoft : root.hovered ? Theme.hover : "transparent"

        FocusRing {
            visible: root.visualFocus
            inset: -1
        }
    }
}
