// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reason/sudoku_board.h"

#include <utility>

namespace {
constexpr int kMostSteps = 500;
}

bool SudokuBoard::set(int cell, int digit) {
  SudokuCells cells = m_cells;
  cells[cell] = digit;
  return replace(cells);
}

bool SudokuBoard::replace(const SudokuCells& cells) {
  if (cells == m_cells || cells.size() != m_cells.size()) {
    return false;
  }
  m_before.append(std::exchange(m_cells, cells));
  if (m_before.size() > kMostSteps) {
    m_before.removeFirst();
  }
  m_after.clear();
  return true;
}

bool SudokuBoard::undo() {
  if (m_before.isEmpty()) {
    return false;
  }
  m_after.append(std::exchange(m_cells, m_before.takeLast()));
  return true;
}

bool SudokuBoard::redo() {
  if (m_after.isEmpty()) {
    return false;
  }
  m_before.append(std::exchange(m_cells, m_after.takeLast()));
  return true;
}
