// SPDX-License-Identifier: GPL-3.0-or-later
// The Reason page: a puzzle goes to a reasoner, its answer comes back segment by segment, and every
// segment can be looked at again. The answer belongs to the puzzle: editing hides it, undoing the
// edit brings it back. The only one of the page that talks to the engine. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>
#include <QVariantList>

#include "app/engine/engine_state.h"
#include "app/reason/reason_models.h"
#include "app/reason/solve_record.h"
#include "app/reason/sudoku_grid_model.h"

class ReasonSession : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  // False until the engine has answered once.
  Q_PROPERTY(bool isKnown READ isKnown NOTIFY modelsChanged)
  // [{id, label, note}]
  Q_PROPERTY(QVariantList models READ models NOTIFY modelsChanged)
  Q_PROPERTY(QString model READ model WRITE setModel NOTIFY modelsChanged)
  Q_PROPERTY(int modelIndex READ modelIndex NOTIFY modelsChanged)
  // Why the page can do nothing with the model; empty when it can.
  Q_PROPERTY(QString obstacle READ obstacle NOTIFY modelsChanged)
  // How to make a reasoner, for a terminal.
  Q_PROPERTY(QString recipe READ recipe CONSTANT)
  Q_PROPERTY(SudokuGridModel* grid READ grid CONSTANT)
  Q_PROPERTY(QVariantList examples READ examples NOTIFY modelsChanged)

  // At most so many segments, 1 to 128; candidates, 1 to 64; of the candidates' noise.
  Q_PROPERTY(int segments MEMBER m_segments NOTIFY optionsChanged)
  Q_PROPERTY(int attempts MEMBER m_attempts NOTIFY optionsChanged)
  Q_PROPERTY(int seed MEMBER m_seed NOTIFY optionsChanged)

  Q_PROPERTY(bool isSolving READ isSolving NOTIFY changed)
  Q_PROPERTY(bool canSolve READ canSolve NOTIFY changed)
  // Why not, or that it waits for the engine; empty when there is nothing to say.
  Q_PROPERTY(QString hint READ hint NOTIFY changed)
  // The engine refused, or a text was no puzzle; until the next try.
  Q_PROPERTY(QString trouble READ trouble NOTIFY changed)
  // Segments that have come, and the one that is shown; 0: the puzzle alone.
  Q_PROPERTY(int stepCount READ stepCount NOTIFY changed)
  Q_PROPERTY(int step READ step WRITE setStep NOTIFY changed)
  // Of the segment that is shown: [{label, value}].
  Q_PROPERTY(QVariantList facts READ facts NOTIFY changed)
  Q_PROPERTY(QString verdict READ verdict NOTIFY changed)
  Q_PROPERTY(QString advice READ advice NOTIFY changed)
  Q_PROPERTY(QString tone READ tone NOTIFY changed)  // good, warm, bad, info; empty
  Q_PROPERTY(bool canTryHarder READ canTryHarder NOTIFY changed)

 public:
  static constexpr int kMostSegments = 128;
  static constexpr int kMostAttempts = 64;

  explicit ReasonSession(QObject* parent = nullptr);

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  bool isKnown() const { return m_isKnown; }
  QVariantList models() const { return m_models.rows(); }
  QString model() const { return m_model; }
  void setModel(const QString& id);
  int modelIndex() const { return m_models.indexOf(m_model); }
  QString obstacle() const { return m_models.obstacle(m_model); }
  QString recipe() const;
  SudokuGridModel* grid() { return &m_grid; }
  QVariantList examples() const;
  bool isSolving() const { return m_stream != nullptr; }
  bool canSolve() const;
  QString hint() const;
  QString trouble() const { return m_trouble; }
  int stepCount() const { return isRecordShown() ? m_record.count() : 0; }
  int step() const { return m_step; }
  void setStep(int step);
  QVariantList facts() const;
  QString verdict() const { return isRecordShown() ? m_record.verdict() : QString(); }
  QString advice() const { return isRecordShown() ? m_record.advice() : QString(); }
  QString tone() const { return isRecordShown() ? m_record.tone() : QString(); }
  bool canTryHarder() const;

  Q_INVOKABLE void solve();
  Q_INVOKABLE void stop();
  // More segments and attempts, other noise; then solve().
  Q_INVOKABLE void tryHarder();
  // A puzzle as text; one of another size chooses a model for it. False: `trouble` says why.
  Q_INVOKABLE bool enter(const QString& text);
  Q_INVOKABLE bool pasteFromClipboard();
  Q_INVOKABLE void copyShown() const;
  Q_INVOKABLE void dismissTrouble() { setTrouble({}); }

 signals:
  void engineChanged();
  void modelsChanged();
  void optionsChanged();
  void changed();

 private:
  bool isRecordShown() const { return m_record.isAbout(m_model, m_grid.puzzle()); }
  void refresh();
  void handleEvent(const QString& type);
  void readMessage(const SseMessage& message);
  void end(const QString& end, const QString& error = {});
  void showStep();
  void setTrouble(const QString& trouble);

  QPointer<EngineState> m_engine;
  ReasonModels m_models;
  bool m_isKnown = false;
  QString m_model;
  SudokuGridModel m_grid;
  int m_segments = 16;
  int m_attempts = 1;
  int m_seed = 0;
  EngineStream* m_stream = nullptr;  // owned; null while nothing is solved
  SolveRecord m_record;
  int m_step = 0;
  QString m_trouble;
};
