// SPDX-License-Identifier: GPL-3.0-or-later
// All finetuning runs, kept true by the engine's events, the series of those that somebody looks
// at, and the actions on a run. GUI thread only.
#pragma once

#include <QHash>
#include <QObject>
#include <QPointer>

#include "app/engine/engine_state.h"
#include "app/runs/run_list_model.h"
#include "app/runs/run_series.h"

class RunLibrary : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged)
  Q_PROPERTY(QAbstractItemModel* runs READ runs CONSTANT)
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(bool isLoaded READ isLoaded NOTIFY countChanged)
  Q_PROPERTY(int liveCount READ liveCount NOTIFY countChanged)

 public:
  explicit RunLibrary(QObject* parent = nullptr);

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  RunListModel* runs() { return &m_runs; }
  int count() const { return m_runs.rowCount(); }
  bool isLoaded() const { return m_isLoaded; }
  int liveCount() const;
  const greylag::protocol::RunStatus* find(const QString& id) const { return m_runs.find(id); }

  Q_INVOKABLE void refresh();
  // The library keeps the object; the first call fetches the run's history. Null without an id.
  Q_INVOKABLE RunSeries* seriesOf(const QString& id);
  Q_INVOKABLE QString firstId() const;
  // word: "pause" | "resume" | "stop" | "save"
  Q_INVOKABLE void command(const QString& id, const QString& word);
  Q_INVOKABLE void remove(const QString& id);
  Q_INVOKABLE QString removalText(const QString& id) const;
  // fileName ends in .pth or .safetensors. Answers by merged() or mergeFailed().
  Q_INVOKABLE void merge(const QString& id, qlonglong step, const QString& fileName);

  // Public for tests.
  void handleEvent(const QString& type, const QByteArray& json);
  void setRuns(greylag::protocol::RunList list);

 signals:
  void engineChanged();
  void countChanged();
  void runChanged(const QString& id);
  void failed(const QString& message);
  void finished(const QString& message);
  void merged(const QString& modelId, const QString& path, double largestDifference);
  void mergeFailed(const QString& message);

 private:
  bool isReady() const { return m_engine && m_engine->isConnected(); }
  void fetchSeries(const QString& id);
  void takeStatus(const greylag::protocol::RunStatus& status);

  QPointer<EngineState> m_engine;
  RunListModel m_runs;
  bool m_isLoaded = false;
  QHash<QString, RunSeries*> m_series;  // children of this
};
