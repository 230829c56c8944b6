// SPDX-License-Identifier: GPL-3.0-or-later
// All finetuning runs on the left, the chosen one on the right; one after the other when narrow.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Item {
    id: page

    property string runId
    property string trouble
    property bool isExpected: false  // another page asked for a run that may not be listed yet
    readonly property bool isWide: width > 820
    readonly property bool isDetailShown: runId !== "" && runView.exists

    function takeWish() {
        const wish = Navigator.take("runs");
        if (wish !== null && wish.run !== undefined) {
            page.isExpected = true;
            page.runId = wish.run;
        }
    }
    Component.onCompleted: page.takeWish()

    Connections {
        target: Navigator
        function onWishChanged() {
            page.takeWish();
        }
    }
    RunLibrary {
        id: runLibrary

        engine: Engine
        onFailed: message => page.trouble = message
        onFinished: message => Toaster.show(message)
        onCountChanged: {
            // A wide page always shows one run.
            if (runView.exists)
                page.isExpected = false;
            else if (page.isWide && runLibrary.isLoaded && !page.isExpected)
                page.runId = runLibrary.firstId();
        }
    }
    RunView {
        id: runView

        library: runLibrary
        runId: page.runId
    }
    RowLayout {
        anchors.fill: parent
        spacing: 0
        visible: runLibrary.count > 0

        ColumnLayout {
            Layout.fillHeight: true
            Layout.fillWidth: !page.isWide
            Layout.preferredWidth: page.isWide ? 300 : -1
            Layout.maximumWidth: page.isWide ? 300 : page.width
            visible: page.isWide || !page.isDetailShown
            spacing: 0

            RowLayout {
                Layout.fillWidth: true
                Layout.margins: Theme.l
                Layout.topMargin: Theme.xl + 4

                Heading {
                    Layout.fillWidth: true
                    level: 1
                    text: qsTr("Runs")
                }
                IconButton {
                    iconName: "plus"
                    label: qsTr("New finetune")
                    onClicked: Navigator.go("train", null)
                }
            }
            ListView {
                id: list

                Layout.fillWidth: true
                Layout.fillHeight: true
                leftMargin: Theme.m
                rightMargin: Theme.m
                bottomMargin: Theme.l
                spacing: Theme.xs
                clip: true
                activeFocusOnTab: true
                boundsBehavior: Flickable.StopAtBounds
                model: runLibrary.runs
                T.ScrollBar.vertical: AppScrollBar {}
                Accessible.role: Accessible.List
                Accessible.name: qsTr("Runs")

                delegate: RunRow {
                    width: list.width - list.leftMargin - list.rightMargin
                    series: runLibrary.seriesOf(runId)
                    isChosen: page.runId === runId
                    onClicked: page.runId = runId
                }
            }
        }
        Divider {
            Layout.fillHeight: true
            visible: page.isWide
        }
        RunDetail {
            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: page.isDetailShown
            library: runLibrary
            view: runView
            isBackShown: !page.isWide
            trouble: page.trouble
            onTroubleDismissed: page.trouble = ""
            onBackRequested: page.runId = ""
        }
    }
    EmptyState {
        anchors.centerIn: parent
        visible: runLibrary.isLoaded && runLibrary.count === 0
        iconName: "runs"
        title: qsTr("No run yet")
        text: qsTr("A finetune that you start appears here with its live curves, its checkpoints and the answer to “did it learn?”.")
        actionText: qsTr("Start a finetune")
        actionIcon: "train"
        onActionTriggered: Navigator.go("train", null)
    }
    Banner {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: Theme.l
        visible: page.trouble !== "" && !page.isDetailShown
        kind: "bad"
        text: page.trouble
        actionText: qsTr("Dismiss")
        onActionTriggered: page.trouble = ""
    }
}
