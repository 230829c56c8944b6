// SPDX-License-Identifier: GPL-3.0-or-later
// A Sudoku on the left, the reasoner and its answer on the right; below each other when narrow.
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    id: root

    readonly property SudokuGridModel grid: session.grid
    readonly property bool isEmpty: session.isKnown && session.models.length === 0
    readonly property int contentWidth: Math.min(maximumWidth, width - 2 * Theme.xl)
    // What is left for the grid beside a column that can be read.
    readonly property int sideBySide: contentWidth - Theme.xl - Math.round(280 * Theme.scale)
    readonly property bool isWide: sideBySide >= 340
    // The whole grid can be seen without scrolling, unless its digits got too small.
    readonly property int gridSide: Math.min(486 * Math.max(1, Theme.scale),
                                             isWide ? sideBySide : contentWidth,
                                             Math.max(320 * Theme.scale, height - 250 * Theme.scale))

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
        enabled: sudoku.visible && root.grid.canUndo
        onActivated: root.grid.undo()
    }
    Shortcut {
        sequences: [StandardKey.Redo, "Ctrl+Y"]
        enabled: sudoku.visible && root.grid.canRedo
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
            Layout.preferredWidth: root.gridSide
            Layout.maximumWidth: root.isWide ? root.gridSide : root.contentWidth
            spacing: Theme.m

            GridToolbar {
                Layout.fillWidth: true
                visible: session.obstacle === ""
                session: session
                onEntered: sudoku.forceActiveFocus()
            }
            SudokuGrid {
                id: sudoku

                Layout.fillWidth: true
                visible: session.obstacle === ""
                focus: true
                grid: root.grid
                maximumSide: root.gridSide
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
