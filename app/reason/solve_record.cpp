// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reason/solve_record.h"

#include <QLocale>
#include <algorithm>

using greylag::protocol::SolveEvent;

bool SolveRecord::add(const SolveEvent& event) {
  const auto cells = static_cast<size_t>(m_puzzle.size());
  const auto isCell = [cells](int64_t cell) {
    return cell >= 0 && static_cast<size_t>(cell) < cells;
  };
  if (event.cells.size() != cells || event.confidence.size() != cells ||
      !std::all_of(event.changed.begin(), event.changed.end(), isCell) ||
      !std::all_of(event.violated.begin(), event.violated.end(), isCell)) {
    return false;
  }
  m_steps.append(event);
  return true;
}

void SolveRecord::finish(const QString& end, const QString& error) {
  m_end = end;
  m_error = error;
}

SudokuCells SolveRecord::answer(int step) const {
  SudokuCells digits;
  for (const int64_t token : m_steps[step - 1].cells) {
    digits.append(std::max(0, static_cast<int>(token) - 1));  // 0 pad, 1 blank, 2.. the digits
  }
  return digits;
}

double SolveRecord::secondsOf(int step) const {
  const double before = step > 1 ? m_steps[step - 2].seconds : 0;
  return std::max(0.0, m_steps[step - 1].seconds - before);
}

bool SolveRecord::isUnsolved() const {
  return !isSolved() && (m_end == QLatin1String("segments") || m_end == QLatin1String("halted") ||
                         m_end == QLatin1String("settled"));
}

QString SolveRecord::tone() const {
  if (m_end.isEmpty()) return {};
  if (isSolved()) return QStringLiteral("good");
  if (isUnsolved()) return QStringLiteral("warm");
  return m_end == QLatin1String("stopped") ? QStringLiteral("info") : QStringLiteral("bad");
}

QString SolveRecord::verdict() const {
  if (m_end.isEmpty()) return {};
  if (isSolved()) {
    return tr("Solved after %n segment(s), %1 s. Checked by the rules: every row, column and box "
              "holds each digit once.",
              nullptr, count())
        .arg(QLocale().toString(m_steps.last().seconds, 'f', 1));
  }
  if (m_end == QLatin1String("halted")) {
    return tr(
        "Not solved. After %n segment(s) the model is sure of its answer, but the answer "
        "breaks the rules.",
        nullptr, count());
  }
  if (isUnsolved()) {
    return tr("Not solved after %n segment(s), %1 s.", nullptr, count())
        .arg(QLocale().toString(m_steps.isEmpty() ? 0.0 : m_steps.last().seconds, 'f', 1));
  }
  if (m_end == QLatin1String("stopped")) {
    return count() == 0 ? tr("Stopped before the first segment.")
                        : tr("Stopped after %n segment(s).", nullptr, count());
  }
  return m_error.isEmpty() ? tr("The engine broke off.") : m_error;
}

QString SolveRecord::advice() const {
  if (!isUnsolved()) return {};
  const QString broken = m_steps.isEmpty() ? QString()
                                           : tr("%n cell(s) break a rule.", nullptr,
                                                static_cast<int>(m_steps.last().violations));
  return broken + QLatin1Char(' ') +
         (m_attempts > 1
              ? tr("More segments or more attempts may help; some puzzles are too hard for a "
                   "model, and some have no answer.")
              : tr("More segments may help, or several attempts that start from different "
                   "thoughts."));
}

bool SolveRecord::canTryHarder() const { return isUnsolved(); }
