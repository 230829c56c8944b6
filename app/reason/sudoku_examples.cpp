// SPDX-License-Identifier: GPL-3.0-or-later
// Made by our own generator: `greylag-train reason prepare --task sudoku --size S --clues C
// --seed 2026`, for the last two of size 9 with `--clues 0 --min-rating 8 --seed 7`, the guesses
// that a search needs. Each has one answer. The built-in reasoner took 2, 2, 3 and 3 segments for
// the first four and did not solve the last.
#include "app/reason/sudoku_examples.h"

#include <QCoreApplication>

namespace {

struct Example {
  int size;
  const char* label;
  const char* puzzle;
};

constexpr Example kExamples[] = {
    {9, QT_TRANSLATE_NOOP("SudokuExamples", "Easy, 40 clues"),
     ".2..3..84.4...7.6..8.914..5.7.4.629.26..934.8.5........1.3695.2..6241..94..5.83.6"},
    {9, QT_TRANSLATE_NOOP("SudokuExamples", "Medium, 32 clues"),
     "..5.9..64.....1........728.469.738.....1....2...9.6.43.....2.5.5..714.282..659..."},
    {9, QT_TRANSLATE_NOOP("SudokuExamples", "Hard, 27 clues"),
     "....9.7.8.83..4.....2....6.2.14893....831.5.....2...1..34.........9...2...6.5..4."},
    {9, QT_TRANSLATE_NOOP("SudokuExamples", "Very hard, 26 clues"),
     "....2......93...7.627.....3...29..5..9.1.........46..83..75.........43...84..27.1"},
    {9, QT_TRANSLATE_NOOP("SudokuExamples", "Beyond the built-in model, 24 clues"),
     "..1.....75....46..826.1.....43...............9...5..36....3.1..3....7.4..846..9.."},
    {6, QT_TRANSLATE_NOOP("SudokuExamples", "12 clues"), "....2.243.5.......6..5....4.61..23.."},
    {6, QT_TRANSLATE_NOOP("SudokuExamples", "12 clues, another"),
     "....5..1.36.2...3.46...5.3.6...2...."},
    {4, QT_TRANSLATE_NOOP("SudokuExamples", "5 clues"), ".1..2..312......"},
    {4, QT_TRANSLATE_NOOP("SudokuExamples", "5 clues, another"), "...1....3.1..42."},
};

}  // namespace

QVariantList sudokuExamples(int size) {
  QVariantList list;
  for (const Example& example : kExamples) {
    if (example.size == size) {
      list.append(QVariantMap{
          {QStringLiteral("label"), QCoreApplication::translate("SudokuExamples", example.label)},
          {QStringLiteral("puzzle"), QString::fromLatin1(example.puzzle)}});
    }
  }
  return list;
}
