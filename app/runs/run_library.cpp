// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runs/run_library.h"

#include <algorithm>

#include "app/models/figures.h"

using greylag::Result;
using greylag::protocol::DeleteReply;
using greylag::protocol::MergeReply;
using greylag::protocol::MergeRequest;
using greylag::protocol::MetricEvent;
using greylag::protocol::MetricList;
using greylag::protocol::RunList;
using greylag::protocol::RunStatus;

namespace {

QString runPath(const QString& id) {
  return QStringLiteral("/engine/runs/") + EngineClient::idPath(id);
}

template <typename T>
QString messageOf(const Result<T>& result) {
  return QString::fromStdString(result.error().message);
}

}  // namespace

RunLibrary::RunLibrary(QObject* parent) : QObject(parent) {}

void RunLibrary::setEngine(EngineState* engine) {
  if (m_engine == engine) return;
  if (m_engine) disconnect(m_engine, nullptr, this, nullptr);
  m_engine = engine;
  if (m_engine) {
    connect(m_engine, &EngineState::connected, this, &RunLibrary::refresh);
    connect(m_engine, &EngineState::eventReceived, this, &RunLibrary::handleEvent);
    refresh();
  }
  emit engineChanged();
}

int RunLibrary::liveCount() const {
  const auto& rows = m_runs.rows();
  return static_cast<int>(std::count_if(
      rows.begin(), rows.end(), [](const RunStatus& row) { return run_state::isLive(row.state); }));
}

void RunLibrary::refresh() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/runs"))
      ->as<RunList>(this, [this](const Result<RunList>& list) {
        if (!list.ok()) return emit failed(messageOf(list));
        setRuns(list.value());
      });
  // What was missed while there was no engine.
  for (auto it = m_series.keyBegin(); it != m_series.keyEnd(); ++it) fetchSeries(*it);
}

void RunLibrary::setRuns(RunList list) {
  std::stable_sort(list.runs.begin(), list.runs.end(), [](const RunStatus& a, const RunStatus& b) {
    return run_state::startTime(a) > run_state::startTime(b);
  });
  m_runs.setRows(std::move(list.runs));
  m_isLoaded = true;
  for (const RunStatus& row : m_runs.rows()) emit runChanged(QString::fromStdString(row.id));
  emit countChanged();
}

QString RunLibrary::firstId() const {
  return m_runs.rows().empty() ? QString() : QString::fromStdString(m_runs.rows().front().id);
}

RunSeries* RunLibrary::seriesOf(const QString& id) {
  if (id.isEmpty()) return nullptr;
  if (RunSeries* known = m_series.value(id)) return known;
  auto* series = new RunSeries(this);
  m_series.insert(id, series);
  fetchSeries(id);
  return series;
}

void RunLibrary::fetchSeries(const QString& id) {
  if (!isReady()) return;
  m_engine->client()
      ->get(runPath(id) + QStringLiteral("/metrics?from=0"))
      ->as<MetricList>(this, [this, id](const Result<MetricList>& list) {
        RunSeries* series = m_series.value(id);
        if (series != nullptr && list.ok()) series->backfill(list.value());
      });
}

void RunLibrary::handleEvent(const QString& type, const QByteArray& json) {
  const std::string text = json.toStdString();
  if (type == QLatin1String("run")) {
    const Result<RunStatus> row = greylag::protocol::decode<RunStatus>(text);
    if (row.ok()) takeStatus(row.value());
  } else if (type == QLatin1String("metric")) {
    const Result<MetricEvent> row = greylag::protocol::decode<MetricEvent>(text);
    if (!row.ok()) return;
    RunSeries* series = m_series.value(QString::fromStdString(row.value().run));
    if (series != nullptr) series->append(row.value());
  }
}

void RunLibrary::takeStatus(const RunStatus& status) {
  m_runs.upsert(status, true);
  emit runChanged(QString::fromStdString(status.id));
  emit countChanged();
}

void RunLibrary::command(const QString& id, const QString& word) {
  if (!isReady()) return;
  m_engine->client()
      ->post(runPath(id) + QLatin1Char('/') + word)
      ->as<RunStatus>(this, [this, word](const Result<RunStatus>& status) {
        if (!status.ok()) return emit failed(messageOf(status));
        takeStatus(status.value());
        if (word == QLatin1String("save")) {
          emit finished(tr("A checkpoint is written after this step."));
        } else if (word == QLatin1String("resume")) {
          emit finished(tr("The run goes on."));
        }
      });
}

void RunLibrary::remove(const QString& id) {
  if (!isReady()) return;
  m_engine->client()
      ->del(runPath(id))
      ->as<DeleteReply>(this, [this, id](const Result<DeleteReply>& reply) {
        if (!reply.ok()) return emit failed(messageOf(reply));
        m_runs.remove(id);
        if (RunSeries* series = m_series.take(id)) series->deleteLater();
        emit runChanged(id);
        emit countChanged();
        emit finished(tr("Run deleted, %1 regained").arg(sizeText(reply.value().freed_bytes)));
      });
}

QString RunLibrary::removalText(const QString& id) const {
  const RunStatus* row = m_runs.find(id);
  if (row == nullptr) return {};
  uint64_t bytes = 0;
  for (const auto& checkpoint : row->checkpoints) bytes += checkpoint.size_bytes;
  const int count = static_cast<int>(row->checkpoints.size());
  if (count == 0) return tr("Its settings and curves are removed. It has no checkpoint.");
  return tr("Its curves, settings and %n checkpoint(s) (%1) are removed for good. Chats that use "
            "one of them fall back to the model alone; models merged from it stay.",
            nullptr, count)
      .arg(sizeText(bytes));
}

void RunLibrary::merge(const QString& id, qlonglong step, const QString& fileName) {
  if (!isReady()) return emit mergeFailed(tr("The engine is not running."));
  MergeRequest request;
  request.step = step;
  request.name = fileName.toStdString();
  m_engine->client()
      ->post(runPath(id) + QStringLiteral("/merge"), request)
      ->as<MergeReply>(this, [this](const Result<MergeReply>& reply) {
        if (!reply.ok()) return emit mergeFailed(messageOf(reply));
        emit merged(QString::fromStdString(reply.value().model),
                    QString::fromStdString(reply.value().path),
                    reply.value().largest_logit_difference);
      });
}
