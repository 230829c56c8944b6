// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runs/run_list_model.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "app/models/figures.h"

using greylag::protocol::RunConfig;
using greylag::protocol::RunStatus;

namespace {

QString say(const char* source) { return QCoreApplication::translate("RunListModel", source); }

bool isOneOf(const std::string& state, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return state == word; });
}

double progressOf(const RunStatus& row) {
  if (row.config.steps <= 0) return 0;
  return std::clamp(static_cast<double>(row.step) / static_cast<double>(row.config.steps), 0.0,
                    1.0);
}

QString stepText(const RunStatus& row) {
  return say(QT_TRANSLATE_NOOP("RunListModel", "step %1 of %2"))
      .arg(QLocale().toString(static_cast<qlonglong>(row.step)),
           QLocale().toString(static_cast<qlonglong>(row.config.steps)));
}

QString timeLeft(const RunStatus& row) {
  if (row.state != "running" || row.seconds_left <= 0) return {};
  return say(QT_TRANSLATE_NOOP("RunListModel", "%1 left")).arg(durationText(row.seconds_left));
}

QString lossText(const RunStatus& row) {
  if (row.step == 0) return {};
  const QLocale locale;
  QString text =
      std::isfinite(row.loss)
          ? say(QT_TRANSLATE_NOOP("RunListModel", "loss %1")).arg(locale.toString(row.loss, 'f', 3))
          : say(QT_TRANSLATE_NOOP("RunListModel", "the loss is no number"));
  if (row.has_val_loss && std::isfinite(row.val_loss)) {
    text += QStringLiteral(" · ") + say(QT_TRANSLATE_NOOP("RunListModel", "validation %1"))
                                        .arg(locale.toString(row.val_loss, 'f', 3));
  }
  return text;
}

QString subjectText(const RunStatus& row) {
  return say(QT_TRANSLATE_NOOP("RunListModel", "%1 on %2"))
      .arg(methodName(row.config.method), baseModelName(row.config));
}

QString nameOf(const RunStatus& row) {
  return QString::fromStdString(row.config.name.empty() ? row.id : row.config.name);
}

}  // namespace

namespace run_state {

double startTime(const RunStatus& run) {
  if (run.started_unix_time > 0) return run.started_unix_time;
  const QFileInfo folder(QString::fromStdString(run.folder));
  if (!folder.exists()) return 0;
  const QDateTime birth = folder.birthTime();
  const QDateTime time = birth.isValid() ? birth : folder.lastModified();
  return static_cast<double>(time.toMSecsSinceEpoch()) / 1000.0;
}

bool isLive(const std::string& state) {
  return isOneOf(state, {"starting", "running", "pausing", "stopping"});
}
bool canPause(const std::string& state) { return state == "running"; }
bool canResume(const std::string& state) {
  return isOneOf(state, {"paused", "interrupted", "failed", "stopped"});
}
bool canStop(const std::string& state) { return isOneOf(state, {"running", "starting", "paused"}); }
bool canSave(const std::string& state) { return state == "running"; }
// A paused trainer still lives.
bool canDelete(const std::string& state) { return !isLive(state) && state != "paused"; }

QString text(const std::string& state) {
  if (state == "starting") return say(QT_TRANSLATE_NOOP("RunListModel", "starting"));
  if (state == "running") return say(QT_TRANSLATE_NOOP("RunListModel", "running"));
  if (state == "pausing") return say(QT_TRANSLATE_NOOP("RunListModel", "saving, then pausing"));
  if (state == "paused") return say(QT_TRANSLATE_NOOP("RunListModel", "paused"));
  if (state == "stopping") return say(QT_TRANSLATE_NOOP("RunListModel", "saving, then stopping"));
  if (state == "finished") return say(QT_TRANSLATE_NOOP("RunListModel", "finished"));
  if (state == "stopped") return say(QT_TRANSLATE_NOOP("RunListModel", "stopped"));
  if (state == "failed") return say(QT_TRANSLATE_NOOP("RunListModel", "failed"));
  if (state == "interrupted") return say(QT_TRANSLATE_NOOP("RunListModel", "interrupted"));
  return QString::fromStdString(state);
}

QString tone(const std::string& state) {
  if (isLive(state)) return QStringLiteral("live");
  if (isOneOf(state, {"failed", "interrupted"})) return QStringLiteral("bad");
  if (state == "finished") return QStringLiteral("good");
  return QStringLiteral("waiting");
}

}  // namespace run_state

QString methodName(const std::string& method) {
  if (method == "lora") return say(QT_TRANSLATE_NOOP("RunListModel", "LoRA"));
  if (method == "full") return say(QT_TRANSLATE_NOOP("RunListModel", "Full finetuning"));
  if (method == "state") return say(QT_TRANSLATE_NOOP("RunListModel", "State tuning"));
  if (method == "hrm") {
    return say(QT_TRANSLATE_NOOP("RunListModel", "HRM reasoning core (experimental)"));
  }
  return QString::fromStdString(method);
}

QString baseModelName(const RunConfig& config) {
  const QString path = QString::fromStdString(config.model);
  return path.contains(QLatin1Char('/')) || path.contains(QLatin1Char('\\'))
             ? QFileInfo(path).completeBaseName()
             : path;
}

RunListModel::RunListModel(QObject* parent)
    : KeyedList({"runId", "name", "state", "stateText", "tone", "progress", "stepText", "timeLeft",
                 "lossText", "subject", "started", "error", "summary"},
                parent) {}

QString RunListModel::keyOf(const RunStatus& row) const { return QString::fromStdString(row.id); }

QVariant RunListModel::value(const RunStatus& row, int role) const {
  switch (role) {
    case RunId:
      return QString::fromStdString(row.id);
    case Name:
      return nameOf(row);
    case State:
      return QString::fromStdString(row.state);
    case StateText:
      return run_state::text(row.state);
    case Tone:
      return run_state::tone(row.state);
    case Progress:
      return progressOf(row);
    case StepText:
      return stepText(row);
    case TimeLeft:
      return timeLeft(row);
    case LossText:
      return lossText(row);
    case Subject:
      return subjectText(row);
    case Started:
      if (run_state::startTime(row) <= 0) return QString();
      return QLocale().toString(
          QDateTime::fromSecsSinceEpoch(static_cast<qint64>(run_state::startTime(row))),
          QLocale::ShortFormat);
    case Error:
      return QString::fromStdString(row.error);
    case Summary:
      return QStringList{nameOf(row), run_state::text(row.state), stepText(row), lossText(row)}
          .join(QStringLiteral(", "));
    default:
      return {};
  }
}
