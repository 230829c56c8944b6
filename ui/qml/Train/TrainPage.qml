// SPDX-License-Identifier: GPL-3.0-or-later
// The finetuning wizard: six steps, Back and Next, the draft is kept. The rules are in TrainForm.
import QtQuick
import QtQuick.Layouts
import Greylag

Item {
    id: page

    property string trouble
    property bool isRestored: false
    readonly property list<Component> steps: [goalStep, modelStep, dataStep, checkStep, planStep, reviewStep]

    function takeWish() {
        const wish = Navigator.take("train");
        if (wish !== null && wish.model !== undefined)
            draft.modelId = wish.model;
    }
    Component.onCompleted: {
        draft.restoreDraft(AppSettings.remembered("train/draft", ""));
        page.isRestored = true;
        page.takeWish();
    }

    Connections {
        target: Navigator
        function onWishChanged() {
            page.takeWish();
        }
    }
    TrainForm {
        id: draft

        objectName: "trainForm"
        engine: Engine
        onChanged: if (page.isRestored) AppSettings.remember("train/draft", draft.savedDraft())
        onFailed: message => page.trouble = message
        onStarted: runId => Navigator.go("runs", {run: runId})
    }
    Connections {
        target: loader
        function onSourceComponentChanged() {
            page.trouble = "";
        }
    }
    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        PageScaffold {
            Layout.fillWidth: true
            Layout.fillHeight: true
            maximumWidth: 860
            title: qsTr("Finetune")
            subtitle: qsTr("Teach a model something of your own, on this computer.")

            WizardSteps {
                Layout.fillWidth: true
                form: draft
            }
            Banner {
                Layout.fillWidth: true
                visible: page.trouble !== ""
                kind: "bad"
                text: page.trouble
                actionText: qsTr("Dismiss")
                onActionTriggered: page.trouble = ""
            }
            Loader {
                id: loader

                Layout.fillWidth: true
                sourceComponent: page.steps[draft.step]
            }
        }
        Divider {
            Layout.fillWidth: true
        }
        Rectangle {
            Layout.fillWidth: true
            implicitHeight: bar.implicitHeight + 2 * Theme.m
            color: Theme.background

            RowLayout {
                id: bar

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                anchors.leftMargin: Math.max(Theme.xl, (parent.width - 860) / 2)
                anchors.rightMargin: anchors.leftMargin
                spacing: Theme.m

                AppButton {
                    text: qsTr("Back")
                    iconName: "arrow-left"
                    enabled: draft.step > 0
                    onClicked: draft.back()
                }
                Body {
                    Layout.fillWidth: true
                    horizontalAlignment: Text.AlignRight
                    muted: true
                    small: true
                    text: draft.problem
                }
                Spinner {
                    visible: draft.isChecking || draft.isPlanning || draft.isStarting
                }
                AppButton {
                    objectName: "nextButton"
                    visible: draft.step < 5
                    text: qsTr("Next")
                    kind: "primary"
                    iconName: "arrow-right"
                    enabled: draft.problem === ""
                    hint: draft.problem
                    onClicked: draft.next()
                }
                AppButton {
                    visible: draft.step === 5
                    text: qsTr("Start")
                    kind: "primary"
                    iconName: "play"
                    enabled: draft.problem === "" && !draft.isStarting && Engine.isConnected
                    onClicked: draft.start()
                }
            }
        }
    }
    DropArea {
        id: dropArea

        anchors.fill: parent
        onEntered: drag => drag.accepted = drag.hasUrls
        onDropped: drop => {
            drop.accept(Qt.CopyAction);
            draft.chooseData(drop.urls[0]);
        }
    }
    DropHint {
        anchors.fill: parent
        visible: dropArea.containsDrag
        text: qsTr("Drop to use this file as training data")
    }
    Component {
        id: goalStep

        GoalStep {
            form: draft
        }
    }
    Component {
        id: modelStep

        ModelStep {
            form: draft
        }
    }
    Component {
        id: dataStep

        DataStep {
            form: draft
        }
    }
    Component {
        id: checkStep

        CheckStep {
            form: draft
        }
    }
    Component {
        id: planStep

        PlanStep {
            form: draft
        }
    }
    Component {
        id: reviewStep

        ReviewStep {
            form: draft
        }
    }
}
