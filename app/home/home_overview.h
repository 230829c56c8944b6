// SPDX-License-Identifier: GPL-3.0-or-later
// What should the user do next? Looks at the runs: the newest that is alive, and the newest that
// finished and has a checkpoint to talk to.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>

#include "app/engine/engine_state.h"
#include "core/protocol/training.h"

class HomeOverview : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  Q_PROPERTY(bool hasLiveRun READ hasLiveRun NOTIFY runsChanged)
  Q_PROPERTY(QString liveId READ liveId NOTIFY runsChanged)
  Q_PROPERTY(QString liveName READ liveName NOTIFY runsChanged)
  // "running", "paused" and so on, as the protocol names them
  Q_PROPERTY(QString liveState READ liveState NOTIFY runsChanged)
  Q_PROPERTY(double liveStep READ liveStep NOTIFY runsChanged)
  Q_PROPERTY(double liveSteps READ liveSteps NOTIFY runsChanged)
  Q_PROPERTY(double liveLoss READ liveLoss NOTIFY runsChanged)
  Q_PROPERTY(double liveSecondsLeft READ liveSecondsLeft NOTIFY runsChanged)
  Q_PROPERTY(bool hasFinishedRun READ hasFinishedRun NOTIFY runsChanged)
  Q_PROPERTY(QString finishedId READ finishedId NOTIFY runsChanged)
  Q_PROPERTY(QString finishedName READ finishedName NOTIFY runsChanged)
  // Id of the base model and of the adapter ("<run>@<step>") for a chat with the result.
  Q_PROPERTY(QString finishedModel READ finishedModel NOTIFY runsChanged)
  Q_PROPERTY(QString finishedAdapter READ finishedAdapter NOTIFY runsChanged)

 public:
  using QObject::QObject;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  bool hasLiveRun() const { return !m_live.id.empty(); }
  QString liveId() const { return QString::fromStdString(m_live.id); }
  QString liveName() const;
  QString liveState() const { return QString::fromStdString(m_live.state); }
  double liveStep() const { return static_cast<double>(m_live.step); }
  double liveSteps() const { return static_cast<double>(m_live.config.steps); }
  double liveLoss() const { return m_live.loss; }
  double liveSecondsLeft() const { return m_live.seconds_left; }
  bool hasFinishedRun() const { return !m_finished.id.empty(); }
  QString finishedId() const { return QString::fromStdString(m_finished.id); }
  QString finishedName() const;
  QString finishedModel() const;
  QString finishedAdapter() const;

 signals:
  void engineChanged();
  void runsChanged();

 private:
  void refresh();
  void handleEvent(const QString& type, const QByteArray& json);
  void choose(const greylag::protocol::RunList& list);

  QPointer<EngineState> m_engine;
  greylag::protocol::RunStatus m_live;
  greylag::protocol::RunStatus m_finished;
};
