// SPDX-License-Identifier: GPL-3.0-or-later
// How the answer came about: the segment that is shown in figures, and what came of it in words.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property ReasonSession session
    readonly property bool isStarted: session.stepCount > 0 || session.isSolving

    title: session.stepCount === 0 ? qsTr("Answer") : session.step === 0 ? qsTr("The puzzle")
         : session.isSolving ? qsTr("Segment %1").arg(session.step)
         : qsTr("Segment %1 of %2").arg(session.step).arg(session.stepCount)

    Body {
        Layout.fillWidth: true
        visible: !root.isStarted && root.session.verdict === ""
        muted: true
        text: qsTr("The model fills the whole grid at once and then thinks it over, segment by segment. Here you see how sure it is and what it changes.")
    }
    AppProgressBar {
        Layout.fillWidth: true
        visible: root.session.isSolving
        indeterminate: root.session.stepCount === 0
        value: root.session.stepCount / root.session.segments
        Accessible.name: qsTr("Segments so far")
    }
    SegmentStepper {
        Layout.fillWidth: true
        visible: root.session.stepCount > 0
        session: root.session
    }
    GridLayout {
        Layout.fillWidth: true
        visible: root.session.facts.length > 0
        columns: 2
        columnSpacing: Theme.m
        rowSpacing: Theme.s

        Repeater {
            model: root.session.facts

            FactTile {
                required property var modelData

                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: modelData.label
                value: modelData.value
            }
        }
    }
    Banner {
        objectName: "verdict"
        Layout.fillWidth: true
        visible: root.session.verdict !== ""
        kind: root.session.tone
        text: [root.session.verdict, root.session.advice].filter(part => part !== "").join(" ")
    }
    AppButton {
        Layout.fillWidth: true
        visible: root.session.canTryHarder
        text: qsTr("Try with more segments and attempts")
        iconName: "refresh"
        onClicked: root.session.tryHarder()
    }
}
