// SPDX-License-Identifier: GPL-3.0-or-later
// Step 4: what did the engine find in the file? Nothing passes silently.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property TrainForm form
    readonly property DataCheck result: form.check

    function whole(value: real): string {
        return Number(value).toLocaleString(Qt.locale(), "f", 0);
    }

    spacing: Theme.m

    RowLayout {
        Layout.fillWidth: true

        Heading {
            Layout.fillWidth: true
            text: qsTr("Is the data what you think it is?")
        }
        AppButton {
            compact: true
            iconName: "refresh"
            text: qsTr("Check again")
            hint: qsTr("After mending the file")
            enabled: !root.form.isChecking && Engine.isConnected
            onClicked: root.form.checkAgain()
        }
    }
    RowLayout {
        visible: root.form.isChecking && !root.result.isDone
        spacing: Theme.s

        Spinner {}
        Body {
            muted: true
            text: qsTr("Reading %1 and counting its tokens…").arg(root.form.dataName)
        }
    }
    Banner {
        Layout.fillWidth: true
        visible: root.form.checkError !== ""
        kind: "bad"
        text: root.form.checkError
    }
    Card {
        Layout.fillWidth: true
        visible: root.result.isDone
        title: root.form.dataName
        note: root.result.kindText

        GridLayout {
            Layout.fillWidth: true
            columns: root.width > 620 ? 5 : 3
            columnSpacing: Theme.l
            rowSpacing: Theme.m

            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("rows")
                value: root.whole(root.result.rows)
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("usable rows")
                value: root.whole(root.result.usableRows)
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("tokens")
                value: root.whole(root.result.tokens)
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("learned tokens")
                value: root.whole(root.result.learnedTokens)
            }
            FactTile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                label: qsTr("longest, in tokens")
                value: root.whole(root.result.longest)
            }
        }
        Body {
            Layout.topMargin: Theme.xs
            muted: true
            small: true
            text: qsTr("Samples by length in tokens")
        }
        TokenHistogram {
            Layout.fillWidth: true
            check: root.result
        }
    }
    DataProblems {
        Layout.fillWidth: true
        visible: root.result.isDone && root.result.fatalCount + root.result.warningCount > 0
        form: root.form
    }
    MaskPreview {
        Layout.fillWidth: true
        visible: root.result.isDone && root.result.previewCount > 0
        check: root.result
    }
}
