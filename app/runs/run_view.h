// SPDX-License-Identifier: GPL-3.0-or-later
// One run as its page shows it: state in words, what can be done now, its curves and checkpoints.
// Follows a RunLibrary. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QVariantList>

#include "app/runs/checkpoint_list_model.h"
#include "app/runs/run_library.h"

class RunView : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(RunLibrary* library READ library WRITE setLibrary NOTIFY libraryChanged)
  Q_PROPERTY(QString runId READ runId WRITE setRunId NOTIFY changed)
  Q_PROPERTY(bool exists READ exists NOTIFY changed)
  Q_PROPERTY(RunSeries* series READ series NOTIFY seriesChanged)
  Q_PROPERTY(QAbstractItemModel* checkpoints READ checkpoints CONSTANT)
  Q_PROPERTY(int checkpointCount READ checkpointCount NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(QString subject READ subject NOTIFY changed)
  Q_PROPERTY(QString started READ started NOTIFY changed)
  Q_PROPERTY(QString method READ method NOTIFY changed)
  Q_PROPERTY(bool canMerge READ canMerge NOTIFY changed)
  Q_PROPERTY(bool canChat READ canChat NOTIFY changed)
  Q_PROPERTY(QString checkpointNote READ checkpointNote NOTIFY changed)
  Q_PROPERTY(QString baseModel READ baseModel NOTIFY changed)
  Q_PROPERTY(QString state READ state NOTIFY changed)
  Q_PROPERTY(QString stateText READ stateText NOTIFY changed)
  Q_PROPERTY(QString tone READ tone NOTIFY changed)
  Q_PROPERTY(QString error READ error NOTIFY changed)
  Q_PROPERTY(QString advice READ advice NOTIFY changed)
  Q_PROPERTY(QString stepText READ stepText NOTIFY changed)
  Q_PROPERTY(QString timeLeft READ timeLeft NOTIFY changed)
  Q_PROPERTY(QString speedText READ speedText NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)
  Q_PROPERTY(bool isLive READ isLive NOTIFY changed)
  Q_PROPERTY(bool canPause READ canPause NOTIFY changed)
  Q_PROPERTY(bool canResume READ canResume NOTIFY changed)
  Q_PROPERTY(bool canStop READ canStop NOTIFY changed)
  Q_PROPERTY(bool canSave READ canSave NOTIFY changed)
  Q_PROPERTY(bool canDelete READ canDelete NOTIFY changed)
  Q_PROPERTY(QVariantList settings READ settings NOTIFY settingsChanged)  // rows {label, value}

 public:
  explicit RunView(QObject* parent = nullptr);

  RunLibrary* library() const { return m_library; }
  void setLibrary(RunLibrary* library);
  QString runId() const { return m_runId; }
  void setRunId(const QString& id);
  bool exists() const { return m_exists; }
  RunSeries* series() const;
  CheckpointListModel* checkpoints() { return &m_checkpoints; }
  int checkpointCount() const { return m_checkpoints.rowCount(); }
  QString name() const { return role(RunListModel::Name).toString(); }
  QString subject() const { return role(RunListModel::Subject).toString(); }
  QString started() const { return role(RunListModel::Started).toString(); }
  QString method() const { return QString::fromStdString(m_status.config.method); }
  // Into a model of its own. A reasoning core works beside its model and cannot become part of it.
  bool canMerge() const { return m_status.config.method != "hrm"; }
  // Whether Chat can use a checkpoint with the base model as it is.
  bool canChat() const;
  QString checkpointNote() const;  // what can be made of a checkpoint
  QString baseModel() const { return baseModelName(m_status.config); }
  QString state() const { return QString::fromStdString(m_status.state); }
  QString stateText() const { return run_state::text(m_status.state); }
  QString tone() const { return run_state::tone(m_status.state); }
  QString error() const { return QString::fromStdString(m_status.error); }
  // What to do about a run that does not go on by itself; empty when it does.
  QString advice() const;
  QString stepText() const { return role(RunListModel::StepText).toString(); }
  QString timeLeft() const { return role(RunListModel::TimeLeft).toString(); }
  QString speedText() const;
  double progress() const { return role(RunListModel::Progress).toDouble(); }
  bool isLive() const { return run_state::isLive(m_status.state); }
  bool canPause() const { return run_state::canPause(m_status.state); }
  bool canResume() const { return run_state::canResume(m_status.state); }
  bool canStop() const { return run_state::canStop(m_status.state); }
  bool canSave() const { return run_state::canSave(m_status.state); }
  bool canDelete() const { return m_exists && run_state::canDelete(m_status.state); }
  QVariantList settings() const;

  // The id by which Chat picks this checkpoint as an adapter.
  Q_INVOKABLE QString adapterId(qlonglong step) const;
  Q_INVOKABLE QString mergedName() const;  // a name to start from, without extension
  // Why this file name cannot be used; empty when it can.
  Q_INVOKABLE QString nameProblem(const QString& name) const;

 signals:
  void libraryChanged();
  void changed();
  void settingsChanged();
  void seriesChanged();

 private:
  void refresh();
  QVariant role(int role) const;

  QPointer<RunLibrary> m_library;
  QString m_runId;
  bool m_exists = false;
  greylag::protocol::RunStatus m_status;
  CheckpointListModel m_checkpoints;
};
