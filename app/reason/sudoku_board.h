// SPDX-License-Identifier: GPL-3.0-or-later
// One puzzle as the user edits it: its digits, and every earlier version for undo and redo.
#pragma once

#include "app/reason/sudoku_text.h"

class SudokuBoard {
 public:
  // Blank. size: isSudokuSize.
  explicit SudokuBoard(int size = 9) : m_size(size), m_cells(size * size, 0) {}

  int size() const { return m_size; }
  const SudokuCells& cells() const { return m_cells; }
  int clueCount() const { return static_cast<int>(m_cells.size() - m_cells.count(0)); }

  // One step of undo; what changes nothing is none. False: nothing changed.
  bool set(int cell, int digit);
  bool replace(const SudokuCells& cells);
  bool undo();
  bool redo();
  bool canUndo() const { return !m_before.isEmpty(); }
  bool canRedo() const { return !m_after.isEmpty(); }

 private:
  int m_size;
  SudokuCells m_cells;
  QList<SudokuCells> m_before;  // oldest first
  QList<SudokuCells> m_after;   // next redo last
};
