// SPDX-License-Identifier: GPL-3.0-or-later
// The cells of the grid as rows of a list: the puzzle that the user edits, and over it one answer
// of the reasoner. Each size keeps a puzzle of its own, so that another model does not lose it.
#pragma once

#include <QAbstractListModel>
#include <QMap>
#include <QQmlEngine>
#include <optional>

#include "app/reason/sudoku_board.h"

// One answer, laid over the puzzle.
struct SudokuAnswer {
  SudokuCells digits;
  QList<double> confidence;  // 0 to 1
  QSet<int> changed, violated, overruled;
};

class SudokuGridModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("made by ReasonSession")
  Q_PROPERTY(int size READ size NOTIFY sizeChanged)
  Q_PROPERTY(int boxRows READ boxRows NOTIFY sizeChanged)
  Q_PROPERTY(int boxColumns READ boxColumns NOTIFY sizeChanged)
  Q_PROPERTY(int cursor READ cursor WRITE setCursor NOTIFY cursorChanged)
  // The chosen cell in words, for the line below the grid.
  Q_PROPERTY(QString cursorText READ cursorText NOTIFY cellsChanged)
  Q_PROPERTY(int clueCount READ clueCount NOTIFY cellsChanged)
  Q_PROPERTY(int conflictCount READ conflictCount NOTIFY cellsChanged)
  Q_PROPERTY(bool hasAnswer READ hasAnswer NOTIFY cellsChanged)
  // The model would put another digit in a given cell.
  Q_PROPERTY(bool hasOverruled READ hasOverruled NOTIFY cellsChanged)
  Q_PROPERTY(bool canUndo READ canUndo NOTIFY cellsChanged)
  Q_PROPERTY(bool canRedo READ canRedo NOTIFY cellsChanged)
  // While a reasoner is at work nothing can be edited.
  Q_PROPERTY(bool isLocked READ isLocked NOTIFY cellsChanged)

 public:
  enum Role {
    DigitRole = Qt::UserRole + 1,  // 0: blank
    IsGivenRole,
    ConfidenceRole,  // of an answer's cell; 1 for the others
    IsChangedRole,   // in the segment that is shown
    IsWrongRole,     // breaks a rule
    IsOverruledRole,
    WordsRole  // all of that, for a screen reader
  };

  using QAbstractListModel::QAbstractListModel;

  int size() const { return m_board.size(); }
  int boxRows() const { return sudokuBoxRows(size()); }
  int boxColumns() const { return sudokuBoxColumns(size()); }
  int cursor() const { return m_cursor; }
  void setCursor(int cell);
  QString cursorText() const { return words(m_cursor); }
  int clueCount() const { return m_board.clueCount(); }
  int conflictCount() const { return static_cast<int>(m_conflicts.size()); }
  bool hasAnswer() const { return m_answer.has_value(); }
  bool hasOverruled() const { return m_answer && !m_answer->overruled.isEmpty(); }
  bool canUndo() const { return m_board.canUndo() && !m_isLocked; }
  bool canRedo() const { return m_board.canRedo() && !m_isLocked; }
  bool isLocked() const { return m_isLocked; }
  const SudokuCells& puzzle() const { return m_board.cells(); }
  // The puzzle with the answer that is shown.
  SudokuCells shown() const { return m_answer ? m_answer->digits : puzzle(); }

  // Another size: the puzzle that was there before, else a blank one.
  void setSize(int size);
  void setLocked(bool isLocked);
  // The puzzle; its size must be the grid's.
  void setPuzzle(const SudokuCells& cells);
  // Without a value: the puzzle alone. Editing removes it.
  void setAnswer(std::optional<SudokuAnswer> answer);

  // A key of the keyboard: digits and Delete edit, arrows, Home and End move. False: not ours.
  Q_INVOKABLE bool press(int key);
  Q_INVOKABLE void clear();
  Q_INVOKABLE void undo();
  Q_INVOKABLE void redo();

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 signals:
  void sizeChanged();
  void cursorChanged();
  // The user changed the puzzle.
  void puzzleChanged();
  void cellsChanged();

 private:
  void showEdit();
  bool isWrong(int cell) const;
  QString words(int cell) const;

  SudokuBoard m_board;
  QMap<int, SudokuBoard> m_others;  // by size
  QSet<int> m_conflicts;
  std::optional<SudokuAnswer> m_answer;
  int m_cursor = 0;
  bool m_isLocked = false;
};
