// SPDX-License-Identifier: GPL-3.0-or-later
// The wizard's questions to the engine: models, data check, plan, start.
#include <QStringList>

#include "app/train/train_form.h"

using greylag::Result;
using greylag::protocol::AdapterList;
using greylag::protocol::AdapterStatus;
using greylag::protocol::DataCheckReply;
using greylag::protocol::DataCheckRequest;
using greylag::protocol::ModelList;
using greylag::protocol::ModelStatus;
using greylag::protocol::PlanReply;
using greylag::protocol::RunConfig;
using greylag::protocol::RunList;
using greylag::protocol::RunStatus;

void TrainForm::setEngine(EngineState* engine) {
  if (m_engine == engine) return;
  if (m_engine) disconnect(m_engine, nullptr, this, nullptr);
  m_engine = engine;
  if (m_engine) {
    connect(m_engine, &EngineState::connected, this, &TrainForm::fetchModels);
    connect(m_engine, &EngineState::eventReceived, this, &TrainForm::handleEvent);
    fetchModels();
  }
  emit engineChanged();
}

void TrainForm::handleEvent(const QString& type, const QByteArray& json) {
  if (type == QLatin1String("run")) {
    const Result<RunStatus> run = greylag::protocol::decode<RunStatus>(json.toStdString());
    if (run.ok() && !m_runNames.contains(QString::fromStdString(run->config.name))) fetchRuns();
  }
  if (type != QLatin1String("models")) return;
  const Result<ModelList> list = greylag::protocol::decode<ModelList>(json.toStdString());
  if (list.ok()) setModels(list.value());
}

void TrainForm::fetchModels() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/models"))
      ->as<ModelList>(this, [this](const Result<ModelList>& list) {
        if (list.ok()) setModels(list.value());
      });
  fetchAdapters();
  fetchRuns();
  // A question that the engine's end left without an answer.
  if (m_step >= Check && !m_check.isDone()) runCheck();
  if (m_step >= Plan && !m_plan.isDone()) runPlan();
}

void TrainForm::fetchAdapters() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/adapters"))
      ->as<AdapterList>(this, [this](const Result<AdapterList>& list) {
        if (list.ok()) setAdapters(list.value());
      });
}

void TrainForm::fetchRuns() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/runs"))
      ->as<RunList>(this, [this](const Result<RunList>& list) {
        if (list.ok()) setRuns(list.value());
      });
}

void TrainForm::setRuns(const RunList& list) {
  m_runNames.clear();
  for (const RunStatus& run : list.runs) {
    m_runNames.insert(QString::fromStdString(run.config.name.empty() ? run.id : run.config.name));
  }
  emit changed();
}

void TrainForm::setAdapters(AdapterList list) {
  m_adapters = std::move(list);
  offerCores();
}

// Reasoning cores that were trained on the chosen model.
void TrainForm::offerCores() {
  std::vector<AdapterStatus> cores;
  const std::string model = m_modelId.toStdString();
  for (const AdapterStatus& row : m_adapters.adapters) {
    if (row.method == "hrm" && !model.empty() && row.base_model == model) cores.push_back(row);
  }
  m_settings.setCores(std::move(cores));
}

void TrainForm::setModels(const ModelList& list) {
  std::vector<ModelStatus> usable;
  QStringList refused;
  for (const ModelStatus& row : list.models) {
    if (row.problem.empty()) {
      usable.push_back(row);
    } else {
      refused.append(QStringLiteral("%1 (%2)").arg(QString::fromStdString(row.id),
                                                   QString::fromStdString(row.problem)));
    }
  }
  m_models.setRows(std::move(usable));
  if (const auto* model = m_models.find(m_modelId)) m_settings.setModelWidth(model->width);
  m_refusedModels = refused.join(QStringLiteral("; "));
  if (m_models.indexOf(m_modelId) < 0) {
    // One model is no choice; a model that is gone must be chosen anew.
    const auto& rows = m_models.rows();
    setModelId(rows.size() == 1 ? QString::fromStdString(rows.front().id) : QString());
  }
  emit changed();
}

QString TrainForm::modelPath() const {
  const ModelStatus* row = m_models.find(m_modelId);
  return row == nullptr ? QString() : QString::fromStdString(row->path);
}

RunConfig TrainForm::config() const {
  RunConfig config;
  m_settings.apply(config);
  config.name = name().trimmed().toStdString();
  config.model = modelPath().toStdString();
  config.data = m_dataPath.toStdString();
  config.method = m_method.toStdString();
  config.skip_bad_rows = m_skipBadRows;
  return config;
}

void TrainForm::runCheck() {
  if (!isReady() || m_dataPath.isEmpty() || m_modelId.isEmpty()) return;
  const int ticket = ++m_checkTicket;
  m_isChecking = true;
  m_checkError.clear();
  m_checkedContext = m_settings.number(QStringLiteral("context"));
  emit changed();
  DataCheckRequest request;
  request.path = m_dataPath.toStdString();
  request.model = m_modelId.toStdString();
  request.context = static_cast<int64_t>(m_checkedContext);
  m_engine->client()
      ->post(QStringLiteral("/engine/data/check"), request)
      ->as<DataCheckReply>(this, [this, ticket](const Result<DataCheckReply>& reply) {
        if (ticket == m_checkTicket) setCheckReply(reply);
      });
}

void TrainForm::setCheckReply(const Result<DataCheckReply>& reply) {
  m_isChecking = false;
  if (reply.ok()) {
    m_check.setReply(reply.value());
    m_checkError.clear();
  } else {
    m_check.clear();
    m_checkError = QString::fromStdString(reply.error().message);
  }
  emit changed();
}

void TrainForm::runPlan() {
  if (!isReady() || !m_settings.problem().isEmpty() || m_modelId.isEmpty()) {
    m_isPlanning = false;
    return emit changed();
  }
  const int ticket = ++m_planTicket;
  m_isPlanning = true;
  m_planError.clear();
  emit changed();
  m_engine->client()
      ->post(QStringLiteral("/engine/train/plan"), config())
      ->as<PlanReply>(this, [this, ticket](const Result<PlanReply>& reply) {
        if (ticket == m_planTicket) setPlanReply(reply);
      });
}

void TrainForm::setPlanReply(const Result<PlanReply>& reply) {
  m_isPlanning = false;
  if (reply.ok()) {
    m_plan.setReply(reply.value());
    m_planError.clear();
  } else {
    m_plan.clear();
    m_planError = QString::fromStdString(reply.error().message);
  }
  emit changed();
}

void TrainForm::start() {
  if (m_isStarting) return;
  if (!isReady()) return emit failed(tr("The engine is not running."));
  const int reachable = reachableStep();
  if (reachable < Review || !problemOf(Review).isEmpty()) {
    return emit failed(problemOf(reachable));
  }
  m_isStarting = true;
  emit changed();
  m_engine->client()
      ->post(QStringLiteral("/engine/runs"), config())
      ->as<RunStatus>(this, [this](const Result<RunStatus>& status) {
        m_isStarting = false;
        emit changed();
        if (!status.ok()) return emit failed(QString::fromStdString(status.error().message));
        m_name.clear();
        m_step = Goal;
        emit changed();
        emit started(QString::fromStdString(status.value().id));
      });
}
