// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reason/sudoku_text.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

namespace {

constexpr ushort kFirstDrawnLine = 0x2500;
constexpr ushort kLastDrawnLine = 0x257f;

bool isSeparator(QChar letter) {
  const bool isDrawn = letter.unicode() >= kFirstDrawnLine && letter.unicode() <= kLastDrawnLine;
  return letter.isSpace() || isDrawn || QStringLiteral("|-+").contains(letter);
}

greylag::Error invalid(const QString& message) {
  return {greylag::ErrorCode::InvalidArgument, message.toStdString()};
}

}  // namespace

bool isSudokuSize(int size) { return size == 4 || size == 6 || size == 9; }
int sudokuBoxRows(int size) { return size == 9 ? 3 : 2; }
int sudokuBoxColumns(int size) { return size == 4 ? 2 : 3; }

greylag::Result<SudokuCells> parseSudoku(const QString& text) {
  SudokuCells cells;
  for (const QChar letter : text) {
    if (letter >= QLatin1Char('0') && letter <= QLatin1Char('9')) {
      cells.append(letter.unicode() - '0');
    } else if (letter == QLatin1Char('.') || letter == QLatin1Char('_')) {
      cells.append(0);
    } else if (!isSeparator(letter)) {
      //: %1: a character
      return invalid(QCoreApplication::translate(
                         "SudokuText",
                         "This is no Sudoku: “%1” is neither a digit nor a dot for a blank cell.")
                         .arg(letter));
    }
  }
  const int size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(cells.size()))));
  if (!isSudokuSize(size) || cells.size() != size * size) {
    return invalid(
        QCoreApplication::translate(
            "SudokuText",
            "This is no Sudoku: it has %1 cells. A grid has 81 (or 36, or 16); write a dot for a "
            "blank cell.")
            .arg(cells.size()));
  }
  const int largest = *std::max_element(cells.begin(), cells.end());
  if (largest > size) {
    return invalid(QCoreApplication::translate(
                       "SudokuText", "This is no Sudoku: a grid of %1 × %1 has no digit %2.")
                       .arg(size)
                       .arg(largest));
  }
  return cells;
}

QString sudokuLine(const SudokuCells& cells) {
  QString line;
  for (const int digit : cells) {
    line += digit == 0 ? QLatin1Char('.') : QChar('0' + digit);
  }
  return line;
}

QString sudokuRows(const SudokuCells& cells, int size) {
  QString rows = sudokuLine(cells);
  for (int row = size - 1; row > 0; --row) {
    rows.insert(row * size, QLatin1Char('\n'));
  }
  return rows;
}

QSet<int> sudokuConflicts(const SudokuCells& cells, int size) {
  const auto boxOf = [size](int cell) {
    const int across = size / sudokuBoxColumns(size);
    return cell / size / sudokuBoxRows(size) * across + cell % size / sudokuBoxColumns(size);
  };
  QSet<int> found;
  for (int a = 0; a < cells.size(); ++a) {
    for (int b = a + 1; b < cells.size(); ++b) {
      const bool meet = a / size == b / size || a % size == b % size || boxOf(a) == boxOf(b);
      if (meet && cells[a] != 0 && cells[a] == cells[b]) {
        found << a << b;
      }
    }
  }
  return found;
}
