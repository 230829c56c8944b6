// SPDX-License-Identifier: GPL-3.0-or-later
// The grid: one stop of the Tab key; arrows move inside, digits write, Delete erases, Enter solves.
import QtQuick
import Greylag

Item {
    id: root

    required property SudokuGridModel grid
    readonly property int cell: Math.floor(Math.min(width, maximumSide) / grid.size - 0.2)
    property int maximumSide: 486

    signal accepted

    implicitWidth: maximumSide
    implicitHeight: cell * grid.size + 1
    activeFocusOnTab: true
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Sudoku grid")
    Accessible.description: grid.cursorText
    Keys.onPressed: event => {
        const isPlain = (event.modifiers & (Qt.ControlModifier | Qt.AltModifier | Qt.MetaModifier)) === 0;
        event.accepted = isPlain && root.grid.press(event.key);
    }
    Keys.onReturnPressed: root.accepted()
    Keys.onEnterPressed: root.accepted()

    Repeater {
        model: root.grid

        SudokuCell {
            x: index % root.grid.size * root.cell
            y: Math.floor(index / root.grid.size) * root.cell
            width: root.cell + 1
            height: root.cell + 1
            isCursor: root.grid.cursor === index
            isFocused: root.activeFocus
            onPicked: {
                root.grid.cursor = index;
                root.forceActiveFocus();
            }
        }
    }
    Repeater {
        model: root.grid.size

        Rectangle {
            required property int index
            readonly property int across: root.grid.size / root.grid.boxColumns

            x: index % across * root.grid.boxColumns * root.cell - 1
            y: Math.floor(index / across) * root.grid.boxRows * root.cell - 1
            width: root.grid.boxColumns * root.cell + 3
            height: root.grid.boxRows * root.cell + 3
            color: "transparent"
            border.width: 2
            border.color: Theme.textMuted
        }
    }
}
