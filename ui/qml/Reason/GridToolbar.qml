// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to a puzzle: an example, the clipboard, a blank grid, the version before.
import QtQml
import QtQuick
import Greylag

Flow {
    id: root

    required property ReasonSession session
    readonly property SudokuGridModel grid: session.grid

    signal entered

    function enter(isEntered: bool) {
        if (isEntered)
            root.entered();
    }

    spacing: Theme.s

    AppButton {
        id: exampleButton

        compact: true
        text: qsTr("Example")
        iconName: "chevron-down"
        enabled: !root.session.isSolving
        onClicked: menu.popup(0, height + 4)

        AppMenu {
            id: menu

            Instantiator {
                model: root.session.examples
                onObjectAdded: (index, object) => menu.insertItem(index, object)
                onObjectRemoved: (index, object) => menu.removeItem(object)

                delegate: AppMenuItem {
                    required property var modelData

                    iconName: "reason"
                    text: modelData.label
                    onTriggered: root.enter(root.session.enter(modelData.puzzle))
                }
            }
        }
    }
    AppButton {
        compact: true
        text: qsTr("Paste")
        iconName: "file"
        hint: qsTr("A puzzle as text: digits, with a dot or 0 for a blank cell (Ctrl+V)")
        enabled: !root.session.isSolving
        onClicked: root.enter(root.session.pasteFromClipboard())
    }
    AppButton {
        compact: true
        text: qsTr("Clear")
        iconName: "trash"
        enabled: root.grid.clueCount > 0 && !root.grid.isLocked
        onClicked: root.grid.clear()
    }
    IconButton {
        iconName: "undo"
        label: qsTr("Undo (Ctrl+Z)")
        enabled: root.grid.canUndo
        onClicked: root.grid.undo()
    }
    IconButton {
        iconName: "redo"
        label: qsTr("Redo (Ctrl+Shift+Z)")
        enabled: root.grid.canRedo
        onClicked: root.grid.redo()
    }
    IconButton {
        iconName: "copy"
        label: root.grid.hasAnswer ? qsTr("Copy the answer") : qsTr("Copy the puzzle")
        enabled: root.grid.clueCount > 0
        onClicked: {
            root.session.copyShown();
            Toaster.show(root.grid.hasAnswer ? qsTr("The answer is copied.")
                                             : qsTr("The puzzle is copied."));
        }
    }
}
