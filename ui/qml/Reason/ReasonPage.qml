// SPDX-License-Identifier: GPL-3.0-or-later
// A Sudoku on the left, the reasoner and its answer on the right; below each other when narrow.
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    id: root

    readonly property SudokuGridModel grid: session.grid
    readonly property bool isEmpty: session.isKnown && session.models.length === 0
    readonly property bool isWide: width > 840

    title: qsTr("Reason")
    subtitle: qsTr("Give a small network a Sudoku and watch it think the answer over.")

    ReasonSession {
        id: session

        objectName: "reasonSession"
        engine: Engine
    }
    Shortcut {
        sequences: [StandardKey.Paste]
        enabled: root.visible && !session.isSolving
        onActivated: session.pasteFromClipboard()
    }
    Shortcut {
        sequences: [StandardKey.Undo]
        enabled: root.visible && root.grid.canUndo
        onActivated: root.grid.undo()
    }
    Shortcut {
        sequences: [StandardKey.Redo, "Ctrl+Y"]
        enabled: root.visible && root.grid.canRedo
        onActivated: root.grid.redo()
    }
    Shortcut {
        sequence: "Escape"
        enabled: root.visible && session.isSolving
        onActivated: session.stop()
    }
    Banner {
        Layout.fillWidth: true
        visible: session.trouble !== ""
        kind: "bad"
        text: session.trouble
        actionText: qsTr("Dismiss")
        onActionTriggered: session.dismissTrouble()
    }
    NoReasoner {
        Layout.fillWidth: true
        visible: root.isEmpty
        recipe: session.recipe
    }
    GridLayout {
        Layout.fillWidth: true
        visible: !root.isEmpty
        columns: root.isWide ? 2 : 1
        columnSpacing: Theme.xl
        rowSpacing: Theme.l

        ColumnLayout {
            Layout.alignment: Qt.AlignTop
            Layout.fillWidth: !root.isWide
            Layout.preferredWidth: sudoku.implicitWidth
            spacing: Theme.m

            GridToolbar {
                Layout.fillWidth: true
                visible: session.obstacle === ""
                session: session
            }
            SudokuGrid {
                id: sudoku

                Layout.fillWidth: true
                visible: session.obstacle === ""
                focus: true
                grid: root.grid
                maximumSide: Math.round(486 * Math.max(1, Theme.scale))
                onAccepted: session.solve()
            }
            Body {
                Layout.fillWidth: true
                visible: session.obstacle === ""
                small: true
                text: root.grid.cursorText
            }
            GridLegend {
                Layout.fillWidth: true
                visible: session.obstacle === ""
                hasAnswer: root.grid.hasAnswer
                hasOverruled: root.grid.hasOverruled
            }
            Banner {
                Layout.fillWidth: true
                visible: session.obstacle !== ""
                text: session.obstacle
            }
        }
        ColumnLayout {
            Layout.alignment: Qt.AlignTop
            Layout.fillWidth: true
            Layout.minimumWidth: 260
            spacing: Theme.l

            ReasonerCard {
                Layout.fillWidth: true
                session: session
            }
            AnswerCard {
                Layout.fillWidth: true
                visible: session.obstacle === ""
                session: session
            }
        }
    }
}
