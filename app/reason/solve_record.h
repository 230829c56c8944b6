// SPDX-License-Identifier: GPL-3.0-or-later
// What a reasoner did with one puzzle: its answers segment by segment, how it ended, and what to
// say about that.
#pragma once

#include <QCoreApplication>
#include <QList>
#include <QString>

#include "app/reason/sudoku_text.h"
#include "core/protocol/reason.h"

class SolveRecord {
  Q_DECLARE_TR_FUNCTIONS(SolveRecord)

 public:
  SolveRecord() = default;
  SolveRecord(const QString& model, const SudokuCells& puzzle, int attempts)
      : m_model(model), m_puzzle(puzzle), m_attempts(attempts) {}

  // Whether it is about this puzzle and this model.
  bool isAbout(const QString& model, const SudokuCells& puzzle) const {
    return !m_puzzle.isEmpty() && m_model == model && m_puzzle == puzzle;
  }
  // False, and nothing is kept, when the event does not fit the puzzle.
  bool add(const greylag::protocol::SolveEvent& event);
  // end: as SolveEvent, or "stopped" (by the user), "broken" (the connection, or the engine).
  void finish(const QString& end, const QString& error = {});

  int count() const { return static_cast<int>(m_steps.size()); }
  // step: 1 .. count()
  const greylag::protocol::SolveEvent& step(int step) const { return m_steps[step - 1]; }
  SudokuCells answer(int step) const;
  // Seconds that this segment alone took.
  double secondsOf(int step) const;
  bool isFinished() const { return !m_end.isEmpty(); }

  // "good" solved, "warm" not solved, "bad" an error, "info" stopped; empty while it runs.
  QString tone() const;
  // What came of it, and below it what one can do; may be empty.
  QString verdict() const;
  QString advice() const;
  // More segments or attempts may help.
  bool canTryHarder() const;

 private:
  bool isSolved() const { return !m_steps.isEmpty() && m_steps.last().is_solved; }
  bool isUnsolved() const;

  QString m_model;
  SudokuCells m_puzzle;
  int m_attempts = 1;
  QList<greylag::protocol::SolveEvent> m_steps;
  QString m_end, m_error;
};
