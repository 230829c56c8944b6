// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reason/sudoku_grid_model.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

void SudokuGridModel::setCursor(int cell) {
  if (cell != m_cursor && cell >= 0 && cell < rowCount()) {
    m_cursor = cell;
    emit cursorChanged();
    emit cellsChanged();
  }
}

void SudokuGridModel::setSize(int size) {
  if (size == this->size() || !isSudokuSize(size)) {
    return;
  }
  beginResetModel();
  const int before = this->size();
  m_others.insert(before, std::exchange(m_board, m_others.value(size, SudokuBoard(size))));
  m_answer.reset();
  m_cursor = 0;
  m_conflicts = sudokuConflicts(puzzle(), size);
  endResetModel();
  emit sizeChanged();
  emit cursorChanged();
  emit puzzleChanged();
  emit cellsChanged();
}

void SudokuGridModel::setLocked(bool isLocked) {
  m_isLocked = isLocked;
  emit cellsChanged();
}

void SudokuGridModel::setPuzzle(const SudokuCells& cells) {
  if (!m_isLocked && m_board.replace(cells)) {
    showEdit();
  }
}

void SudokuGridModel::setAnswer(std::optional<SudokuAnswer> answer) {
  m_answer = std::move(answer);
  emit dataChanged(index(0), index(rowCount() - 1));
  emit cellsChanged();
}

void SudokuGridModel::showEdit() {
  m_answer.reset();
  m_conflicts = sudokuConflicts(puzzle(), size());
  emit dataChanged(index(0), index(rowCount() - 1));
  emit puzzleChanged();
  emit cellsChanged();
}

bool SudokuGridModel::press(int key) {
  const int row = m_cursor / size();
  const int column = m_cursor % size();
  const auto go = [this](int toRow, int toColumn) {
    setCursor(std::clamp(toRow, 0, size() - 1) * size() + std::clamp(toColumn, 0, size() - 1));
    return true;
  };
  switch (key) {
    case Qt::Key_Left:
      return go(row, column - 1);
    case Qt::Key_Right:
      return go(row, column + 1);
    case Qt::Key_Up:
      return go(row - 1, column);
    case Qt::Key_Down:
      return go(row + 1, column);
    case Qt::Key_Home:
      return go(row, 0);
    case Qt::Key_End:
      return go(row, size() - 1);
    default:
      break;
  }
  const bool isErasing = key == Qt::Key_Delete || key == Qt::Key_Backspace || key == Qt::Key_Period;
  if (!isErasing && (key < Qt::Key_0 || key > Qt::Key_0 + size())) {
    return false;
  }
  if (!m_isLocked && m_board.set(m_cursor, isErasing ? 0 : key - Qt::Key_0)) {
    showEdit();
  }
  return true;
}

void SudokuGridModel::clear() { setPuzzle(SudokuCells(rowCount(), 0)); }

void SudokuGridModel::undo() {
  if (!m_isLocked && m_board.undo()) {
    showEdit();
  }
}

void SudokuGridModel::redo() {
  if (!m_isLocked && m_board.redo()) {
    showEdit();
  }
}

int SudokuGridModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(puzzle().size());
}

bool SudokuGridModel::isWrong(int cell) const {
  return m_answer ? m_answer->violated.contains(cell) : m_conflicts.contains(cell);
}

QString SudokuGridModel::words(int cell) const {
  const bool isGiven = puzzle()[cell] != 0;
  const int digit = shown()[cell];
  QStringList parts{tr("Row %1, column %2: %3")
                        .arg(cell / size() + 1)
                        .arg(cell % size() + 1)
                        .arg(digit == 0 ? tr("blank") : QString::number(digit))};
  if (isGiven) {
    parts.append(tr("given"));
  } else if (m_answer) {
    parts.append(
        tr("%1 % sure")
            .arg(QLocale().toString(std::floor(m_answer->confidence[cell] * 1000) / 10, 'f', 1)));
  }
  if (m_answer && m_answer->changed.contains(cell)) {
    parts.append(tr("changed in this segment"));
  }
  if (isWrong(cell)) {
    parts.append(tr("breaks a rule"));
  }
  if (m_answer && m_answer->overruled.contains(cell)) {
    parts.append(tr("the model would put another digit here"));
  }
  return parts.join(QStringLiteral(", "));
}

QVariant SudokuGridModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const int cell = index.row();
  switch (role) {
    case DigitRole:
      return shown()[cell];
    case IsGivenRole:
      return puzzle()[cell] != 0;
    case ConfidenceRole:
      return m_answer && puzzle()[cell] == 0 ? m_answer->confidence[cell] : 1.0;
    case IsChangedRole:
      return m_answer && m_answer->changed.contains(cell);
    case IsWrongRole:
      return isWrong(cell);
    case IsOverruledRole:
      return m_answer && m_answer->overruled.contains(cell);
    case WordsRole:
      return words(cell);
    default:
      return {};
  }
}

QHash<int, QByteArray> SudokuGridModel::roleNames() const {
  return {{DigitRole, "digit"},         {IsGivenRole, "isGiven"}, {ConfidenceRole, "confidence"},
          {IsChangedRole, "isChanged"}, {IsWrongRole, "isWrong"}, {IsOverruledRole, "isOverruled"},
          {WordsRole, "words"}};
}
