// SPDX-License-Identifier: GPL-3.0-or-later
// Follows GET /engine/runs and `run` events.
#include "app/home/home_overview.h"

#include <QFileInfo>

using greylag::Result;
using greylag::protocol::RunList;
using greylag::protocol::RunStatus;

namespace {

bool isLive(const RunStatus& run) {
  return run.state == "starting" || run.state == "running" || run.state == "pausing" ||
         run.state == "paused" || run.state == "stopping";
}

bool isUsable(const RunStatus& run) {
  return (run.state == "finished" || run.state == "stopped") && !run.checkpoints.empty();
}

QString nameOf(const RunStatus& run) {
  return QString::fromStdString(run.config.name.empty() ? run.id : run.config.name);
}

}  // namespace

void HomeOverview::setEngine(EngineState* engine) {
  if (m_engine == engine) {
    return;
  }
  if (m_engine) {
    disconnect(m_engine, nullptr, this, nullptr);
  }
  m_engine = engine;
  emit engineChanged();
  if (!engine) {
    return;
  }
  connect(engine, &EngineState::connected, this, &HomeOverview::refresh);
  connect(engine, &EngineState::eventReceived, this, &HomeOverview::handleEvent);
  if (engine->isConnected()) {
    refresh();
  }
}

void HomeOverview::refresh() {
  m_engine->client()
      ->get(QStringLiteral("/engine/runs"))
      ->as<RunList>(this, [this](const Result<RunList>& list) {
        if (list.ok()) {
          choose(*list);
        }
      });
}

void HomeOverview::handleEvent(const QString& type, const QByteArray& json) {
  if (type != QLatin1String("run")) {
    return;
  }
  const Result<RunStatus> run = greylag::protocol::decode<RunStatus>(json.toStdString());
  if (!run.ok()) {
    return;
  }
  if (run->id == m_live.id && isLive(*run)) {
    m_live = *run;
    emit runsChanged();
  } else if (!isLive(*run) || !hasLiveRun()) {
    refresh();
  }
}

void HomeOverview::choose(const RunList& list) {
  RunStatus live;
  RunStatus finished;
  for (const RunStatus& run : list.runs) {
    if (isLive(run) && (live.id.empty() || run.started_unix_time > live.started_unix_time)) {
      live = run;
    }
    if (isUsable(run) &&
        (finished.id.empty() || run.started_unix_time > finished.started_unix_time)) {
      finished = run;
    }
  }
  m_live = live;
  m_finished = finished;
  emit runsChanged();
}

QString HomeOverview::liveName() const { return nameOf(m_live); }

QString HomeOverview::finishedName() const { return nameOf(m_finished); }

QString HomeOverview::finishedModel() const {
  if (m_finished.config.method == "full" && !m_finished.checkpoints.empty()) {
    return {};  // a full checkpoint is a model of its own: Runs offers what can be done with it
  }
  return QFileInfo(QString::fromStdString(m_finished.config.model)).completeBaseName();
}

QString HomeOverview::finishedAdapter() const {
  if (m_finished.checkpoints.empty() || m_finished.config.method == "full") {
    return {};
  }
  greylag::protocol::RunCheckpoint chosen = m_finished.checkpoints.back();
  for (const greylag::protocol::RunCheckpoint& checkpoint : m_finished.checkpoints) {
    if (checkpoint.is_best) {
      chosen = checkpoint;
    }
  }
  return QStringLiteral("%1@%2").arg(finishedId()).arg(chosen.step);
}
