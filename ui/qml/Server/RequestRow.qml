// SPDX-License-Identifier: GPL-3.0-or-later
// One request, or the head of the table.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: root

    property bool isHead: false
    property string route
    property string modelName
    property string requestState
    property int status: 0
    property double started: 0
    property double seconds: 0
    property int tokens: 0
    property double tokensPerSecond: 0
    property double roofShare: 0
    readonly property var stateNames: ({
        waiting: qsTr("waiting"), running: qsTr("running"), done: qsTr("done"),
        cancelled: qsTr("cancelled"), failed: qsTr("failed")
    })
    readonly property var stateKinds: ({
        waiting: "warm", running: "accent", done: "good", cancelled: "neutral", failed: "bad"
    })

    implicitHeight: Math.round(30 * Math.max(1, Theme.scale))
    Accessible.role: Accessible.Row
    Accessible.name: isHead ? qsTr("Head of the table") : [route, modelName, requestState].join(", ")

    RowLayout {
        anchors.fill: parent
        anchors.rightMargin: Theme.m
        spacing: Theme.m

        Body {
            Layout.preferredWidth: 90
            muted: true
            small: true
            text: root.isHead ? qsTr("When") : AppInfo.ago(root.started)
        }
        Body {
            Layout.fillWidth: true
            Layout.preferredWidth: 220
            muted: root.isHead
            small: true
            font.family: root.isHead ? Theme.family : Theme.mono
            elide: Text.ElideRight
            wrapMode: Text.NoWrap
            text: root.isHead ? qsTr("Request") : root.route
        }
        Body {
            Layout.fillWidth: true
            Layout.preferredWidth: 110
            muted: root.isHead
            small: true
            elide: Text.ElideRight
            wrapMode: Text.NoWrap
            text: root.isHead ? qsTr("Model") : root.modelName
        }
        Item {
            Layout.preferredWidth: 118
            implicitHeight: badge.implicitHeight

            Badge {
                id: badge

                visible: !root.isHead
                kind: root.isHead ? "neutral" : root.stateKinds[root.requestState] || "neutral"
                text: root.isHead ? "" : (root.stateNames[root.requestState] || root.requestState)
                      + (root.status > 0 ? " · " + root.status : "")
            }
            Body {
                visible: root.isHead
                muted: true
                small: true
                text: qsTr("State")
            }
        }
        Body {
            Layout.preferredWidth: 70
            horizontalAlignment: Text.AlignRight
            muted: root.isHead
            small: true
            text: root.isHead ? qsTr("Tokens") : root.tokens > 0 ? root.tokens : "–"
        }
        Body {
            Layout.preferredWidth: 70
            horizontalAlignment: Text.AlignRight
            muted: root.isHead
            small: true
            text: root.isHead ? qsTr("Tok/s")
                : root.tokensPerSecond > 0 ? AppInfo.number(root.tokensPerSecond, 1) : "–"
        }
        Body {
            Layout.preferredWidth: 70
            horizontalAlignment: Text.AlignRight
            muted: root.isHead
            small: true
            text: root.isHead ? qsTr("Of limit")
                : root.roofShare > 0 ? qsTr("%1 %").arg(AppInfo.number(100 * root.roofShare, 0)) : "–"

            HoverHandler {
                id: limitPointer
            }
            AppToolTip {
                visible: limitPointer.hovered
                text: qsTr("How much of this machine's memory bandwidth was used. Every step reads the whole model from memory, once for all answers that are being written: that limits the speed.")
            }
        }
        Body {
            Layout.preferredWidth: 70
            horizontalAlignment: Text.AlignRight
            muted: root.isHead
            small: true
            text: root.isHead ? qsTr("Time")
                : root.seconds < 1 ? qsTr("%1 ms").arg(Math.round(root.seconds * 1000))
                                   : qsTr("%1 s").arg(AppInfo.number(root.seconds, 1))
        }
    }
    Divider {
        anchors.bottom: parent.bottom
        width: parent.width
    }
}
