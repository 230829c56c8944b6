// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with a run in its state.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    required property RunView view

    signal commanded(string word)
    signal deleteRequested

    spacing: Theme.s

    AppButton {
        visible: root.view.canSave
        text: qsTr("Save now")
        iconName: "save"
        hint: qsTr("Writes a checkpoint after this step and goes on")
        onClicked: root.commanded("save")
    }
    AppButton {
        visible: root.view.canPause
        text: qsTr("Pause")
        iconName: "pause"
        hint: qsTr("Saves everything and waits; Resume continues exactly there")
        onClicked: root.commanded("pause")
    }
    AppButton {
        visible: root.view.canStop
        text: qsTr("Stop and keep")
        iconName: "stop"
        hint: qsTr("Ends the run here with a checkpoint of what it learned")
        onClicked: root.commanded("stop")
    }
    AppButton {
        visible: root.view.canResume
        text: qsTr("Resume")
        iconName: "play"
        kind: root.view.state === "paused" ? "primary" : "normal"
        onClicked: root.commanded("resume")
    }
    IconButton {
        visible: root.view.canDelete
        iconName: "trash"
        label: qsTr("Delete this run")
        onClicked: root.deleteRequested()
    }
}
