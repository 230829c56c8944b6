// SPDX-License-Identifier: GPL-3.0-or-later
// How is a Sudoku written, and which of its digits meet? What the page needs while the user types;
// the engine checks every puzzle and every answer itself (core/puzzle/sudoku.h).
#pragma once

#include <QList>
#include <QSet>
#include <QString>

#include "core/base/result.h"

// Digits row by row, 0 = blank: size * size of them.
using SudokuCells = QList<int>;

// 4, 6 and 9: boxes of 2 x 2, 2 rows x 3 columns, 3 x 3.
bool isSudokuSize(int size);
int sudokuBoxRows(int size);
int sudokuBoxColumns(int size);

// '1'.. are digits, '.', '0' and '_' are blank; white space, '|', '-', '+' and drawn lines only
// separate. The size follows from the number of cells. InvalidArgument, fit for the user: a strange
// character, a count that is no Sudoku's, a digit that the size does not have.
greylag::Result<SudokuCells> parseSudoku(const QString& text);
// One line, '.' for blank: "53..7....".
QString sudokuLine(const SudokuCells& cells);
// One row a line.
QString sudokuRows(const SudokuCells& cells, int size);

// The cells whose digit stands again in their row, column or box.
QSet<int> sudokuConflicts(const SudokuCells& cells, int size);
