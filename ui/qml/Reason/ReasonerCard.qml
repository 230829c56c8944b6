// SPDX-License-Identifier: GPL-3.0-or-later
// Which model solves, how long it may think, and the button.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    required property ReasonSession session
    property bool isMoreShown: false

    title: qsTr("Reasoner")

    // A choice by hand, and a fresh list, would part the box from the session.
    Connections {
        target: root.session
        function onModelsChanged() {
            modelBox.currentIndex = root.session.modelIndex;
        }
    }
    AppComboBox {
        id: modelBox

        Layout.fillWidth: true
        label: qsTr("Puzzle reasoner")
        placeholder: root.session.isKnown ? qsTr("No model") : qsTr("Waiting for the engine …")
        enabled: !root.session.isSolving
        iconName: "reason"
        model: root.session.models
        textRole: "label"
        noteRole: "note"
        onModelChanged: currentIndex = root.session.modelIndex
        onActivated: index => root.session.model = root.session.models[index].id
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.s

        AppButton {
            objectName: "solveButton"
            Layout.fillWidth: true
            kind: root.session.isSolving ? "normal" : "primary"
            text: root.session.isSolving ? qsTr("Stop") : qsTr("Solve")
            iconName: root.session.isSolving ? "stop" : "play"
            hint: root.session.isSolving ? qsTr("Keeps the answer so far (Esc)") : qsTr("Enter, in the grid")
            enabled: root.session.isSolving || root.session.canSolve
            onClicked: root.session.isSolving ? root.session.stop() : root.session.solve()
        }
        AppButton {
            text: qsTr("More")
            iconName: root.isMoreShown ? "chevron-up" : "chevron-down"
            onClicked: root.isMoreShown = !root.isMoreShown
        }
    }
    Body {
        Layout.fillWidth: true
        visible: text !== ""
        small: true
        muted: true
        text: root.session.hint
    }
    GridLayout {
        Layout.fillWidth: true
        visible: root.isMoreShown
        enabled: !root.session.isSolving
        columns: 2
        columnSpacing: Theme.m
        rowSpacing: Theme.s

        Body {
            Layout.fillWidth: true
            text: qsTr("Segments, at most")
        }
        NumberField {
            Layout.preferredWidth: 84
            label: qsTr("Segments, at most")
            from: 1
            to: 128
            value: root.session.segments
            onEdited: value => root.session.segments = value
        }
        Body {
            Layout.fillWidth: true
            text: qsTr("Attempts")
        }
        NumberField {
            Layout.preferredWidth: 84
            label: qsTr("Attempts")
            from: 1
            to: 64
            value: root.session.attempts
            onEdited: value => root.session.attempts = value
        }
        Body {
            Layout.fillWidth: true
            text: qsTr("Seed")
        }
        NumberField {
            Layout.preferredWidth: 84
            label: qsTr("Seed")
            from: 0
            to: 2147483647
            value: root.session.seed
            onEdited: value => root.session.seed = value
        }
        Body {
            Layout.fillWidth: true
            Layout.columnSpan: 2
            small: true
            muted: true
            text: qsTr("In each segment the model thinks its answer over once more; it stops earlier when the answer is right. Attempts run side by side from different thoughts, drawn with the seed, and cost as many times the work.")
        }
    }
}
