// SPDX-License-Identifier: GPL-3.0-or-later
// The finetuning wizard's draft: six steps from a goal to a started run, what is missing at each,
// and the engine's answers about data and plan. It keeps everything while the user goes back and
// forth. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QSet>
#include <QTimer>
#include <QUrl>
#include <QVariantList>

#include "app/engine/engine_state.h"
#include "app/models/model_list_model.h"
#include "app/train/data_check.h"
#include "app/train/setting_list.h"
#include "app/train/train_plan.h"

class TrainForm : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged)
  Q_PROPERTY(int step READ step NOTIFY changed)
  Q_PROPERTY(int reachableStep READ reachableStep NOTIFY changed)
  // Why the step cannot be left forwards, one sentence; empty when it can.
  Q_PROPERTY(QString problem READ problem NOTIFY changed)
  Q_PROPERTY(QString goal READ goal WRITE setGoal NOTIFY changed)
  Q_PROPERTY(QString method READ method WRITE setMethod NOTIFY changed)
  Q_PROPERTY(QString proposedMethod READ proposedMethod NOTIFY changed)
  Q_PROPERTY(QString methodReason READ methodReason NOTIFY changed)
  Q_PROPERTY(QAbstractItemModel* models READ models CONSTANT)
  Q_PROPERTY(int modelCount READ modelCount NOTIFY changed)
  Q_PROPERTY(QString modelId READ modelId WRITE setModelId NOTIFY changed)
  Q_PROPERTY(QString refusedModels READ refusedModels NOTIFY changed)
  Q_PROPERTY(QString dataPath READ dataPath NOTIFY changed)
  Q_PROPERTY(QString dataName READ dataName NOTIFY changed)
  Q_PROPERTY(QString dataNote READ dataNote NOTIFY changed)
  Q_PROPERTY(bool hasSample READ hasSample CONSTANT)
  Q_PROPERTY(bool skipBadRows READ skipBadRows WRITE setSkipBadRows NOTIFY changed)
  Q_PROPERTY(DataCheck* check READ check CONSTANT)
  Q_PROPERTY(bool isChecking READ isChecking NOTIFY changed)
  Q_PROPERTY(QString checkError READ checkError NOTIFY changed)
  Q_PROPERTY(QAbstractItemModel* settings READ settings CONSTANT)
  Q_PROPERTY(int changedCount READ changedCount NOTIFY changed)
  Q_PROPERTY(TrainPlan* plan READ plan CONSTANT)
  Q_PROPERTY(bool isPlanning READ isPlanning NOTIFY changed)
  Q_PROPERTY(QString planError READ planError NOTIFY changed)
  Q_PROPERTY(QString name READ name WRITE setName NOTIFY changed)
  Q_PROPERTY(QVariantList review READ review NOTIFY changed)   // {label, value, isChanged}
  Q_PROPERTY(QStringList outcome READ outcome NOTIFY changed)  // what will exist afterwards
  Q_PROPERTY(bool isStarting READ isStarting NOTIFY changed)

 public:
  enum Step { Goal, Model, Data, Check, Plan, Review };
  Q_ENUM(Step)

  explicit TrainForm(QObject* parent = nullptr);

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  int step() const { return m_step; }
  int reachableStep() const;
  QString problem() const { return problemOf(m_step); }
  QString goal() const { return m_goal; }
  void setGoal(const QString& goal);  // "style" | "facts" | "task" | "pretrain"
  QString method() const { return m_method; }
  void setMethod(const QString& method);  // "lora" | "full" | "state" | "hrm"
  QString proposedMethod() const;
  QString methodReason() const;
  ModelListModel* models() { return &m_models; }
  int modelCount() const { return m_models.rowCount(); }
  QString modelId() const { return m_modelId; }
  void setModelId(const QString& id);
  QString refusedModels() const { return m_refusedModels; }
  QString dataPath() const { return m_dataPath; }
  QString dataName() const;
  QString dataNote() const;
  bool hasSample() const { return !m_samplePath.isEmpty(); }
  bool skipBadRows() const { return m_skipBadRows; }
  void setSkipBadRows(bool skip);
  DataCheck* check() { return &m_check; }
  bool isChecking() const { return m_isChecking; }
  QString checkError() const { return m_checkError; }
  SettingList* settings() { return &m_settings; }
  int changedCount() const { return m_settings.changedCount(); }
  TrainPlan* plan() { return &m_plan; }
  bool isPlanning() const { return m_isPlanning; }
  QString planError() const { return m_planError; }
  QString name() const;
  void setName(const QString& name);
  QVariantList review() const;
  QStringList outcome() const;
  bool isStarting() const { return m_isStarting; }

  Q_INVOKABLE void next();
  Q_INVOKABLE void back();
  Q_INVOKABLE void goTo(int step);  // up to reachableStep
  // Refuses what is no local file, with a message.
  Q_INVOKABLE void chooseData(const QUrl& file);
  // The sample data that comes with the program.
  Q_INVOKABLE void chooseSample();
  Q_INVOKABLE void setSetting(const QString& key, const QString& text);
  Q_INVOKABLE void restoreDefaults();
  Q_INVOKABLE void checkAgain();
  Q_INVOKABLE void start();
  Q_INVOKABLE void startOver();
  // What was chosen and typed, and the step, as JSON; without the engine's answers.
  Q_INVOKABLE QString savedDraft() const;
  // Takes what still holds; a file that is gone must be chosen anew. Not JSON: changes nothing.
  Q_INVOKABLE void restoreDraft(const QString& json);

  // The draft as the engine gets it.
  greylag::protocol::RunConfig config() const;
  // Engine answers; public for tests.
  void setModels(const greylag::protocol::ModelList& list);
  void setAdapters(greylag::protocol::AdapterList list);
  void setRuns(const greylag::protocol::RunList& list);
  void setCheckReply(const greylag::Result<greylag::protocol::DataCheckReply>& reply);
  void setPlanReply(const greylag::Result<greylag::protocol::PlanReply>& reply);
  QString problemOf(int step) const;

 signals:
  void engineChanged();
  void changed();
  void started(const QString& runId);
  void failed(const QString& message);

 private:
  bool isReady() const { return m_engine && m_engine->isConnected(); }
  void fetchModels();
  void fetchAdapters();
  void fetchRuns();
  void offerCores();
  void handleEvent(const QString& type, const QByteArray& json);
  void enter(int step);
  void returnToFirstOpenStep();
  void invalidateCheck();
  void invalidatePlan();
  void runCheck();
  void runPlan();
  QString modelPath() const;
  QString checkProblem() const;
  QString resultText() const;

  QPointer<EngineState> m_engine;
  int m_step = Goal;
  QString m_goal = QStringLiteral("style");
  QString m_method = QStringLiteral("lora");
  ModelListModel m_models;  // usable ones
  QString m_refusedModels;
  QString m_modelId;
  greylag::protocol::AdapterList m_adapters;
  QString m_dataPath;
  QString m_samplePath;  // empty: this installation has none
  bool m_skipBadRows = false;
  DataCheck m_check;
  bool m_isChecking = false;
  QString m_checkError;
  int m_checkTicket = 0;  // the newest request; older answers are dropped
  SettingList m_settings;
  double m_checkedContext = 0;
  TrainPlan m_plan;
  bool m_isPlanning = false;
  QString m_planError;
  int m_planTicket = 0;
  QTimer m_planTimer;
  QTimer m_checkTimer;
  QString m_name;            // null: the suggestion
  QSet<QString> m_runNames;  // of all runs there are
  bool m_isStarting = false;
};
