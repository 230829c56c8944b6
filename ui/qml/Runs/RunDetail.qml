// SPDX-License-Identifier: GPL-3.0-or-later
// One run: state and buttons, did it learn, live curves, checkpoints, settings.
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    id: root

    required property RunLibrary library
    required property RunView view
    property bool isBackShown: false
    property string trouble

    signal backRequested
    signal troubleDismissed

    title: view.name
    subtitle: view.started === "" ? view.subject
                                 : qsTr("%1, started %2").arg(view.subject).arg(view.started)
    actions: [
        AppButton {
            visible: root.isBackShown
            text: qsTr("All runs")
            iconName: "arrow-left"
            onClicked: root.backRequested()
        },
        RunActions {
            view: root.view
            onCommanded: word => root.library.command(root.view.runId, word)
            onDeleteRequested: {
                confirmDelete.text = root.library.removalText(root.view.runId);
                confirmDelete.open();
            }
        }
    ]

    Banner {
        Layout.fillWidth: true
        visible: root.trouble !== ""
        kind: "bad"
        text: root.trouble
        actionText: qsTr("Dismiss")
        onActionTriggered: root.troubleDismissed()
    }
    Banner {
        Layout.fillWidth: true
        visible: root.view.advice !== ""
        kind: root.view.tone === "bad" ? "bad" : "info"
        text: [root.view.error, root.view.advice].filter(part => part !== "").join(" ")
        actionText: root.view.canResume ? qsTr("Resume") : ""
        onActionTriggered: root.library.command(root.view.runId, "resume")
    }
    Card {
        Layout.fillWidth: true
        spacing: Theme.s

        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.s

            RunBadge {
                text: root.view.stateText
                tone: root.view.tone
            }
            Body {
                Layout.fillWidth: true
                text: [root.view.stepText, root.view.timeLeft, root.view.speedText]
                      .filter(part => part !== "").join(" · ")
            }
        }
        AppProgressBar {
            Layout.fillWidth: true
            value: root.view.progress
            indeterminate: root.view.state === "starting"
            color: root.view.tone === "bad" ? Theme.bad : Theme.accent
            Accessible.name: root.view.stepText
        }
        Body {
            Layout.fillWidth: true
            text: root.view.series ? root.view.series.verdict : ""
        }
    }
    RunCharts {
        Layout.fillWidth: true
        series: root.view.series
    }
    CheckpointTable {
        Layout.fillWidth: true
        view: root.view
        onMergeRequested: step => mergeDialog.ask(step)
    }
    Card {
        Layout.fillWidth: true
        title: qsTr("Settings of this run")

        FactTable {
            Layout.fillWidth: true
            rows: root.view.settings
        }
    }
    MergeDialog {
        id: mergeDialog

        library: root.library
        view: root.view
    }
    ConfirmDialog {
        id: confirmDelete

        title: qsTr("Delete the run “%1”?").arg(root.view.name)
        onConfirmed: root.library.remove(root.view.runId)
    }
}
