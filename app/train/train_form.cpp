// SPDX-License-Identifier: GPL-3.0-or-later
// The draft and its rules. Talking to the engine is in train_requests.cpp, texts of the review in
// train_review.cpp.
#include "app/train/train_form.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "app/models/figures.h"
#include "core/base/file.h"
#include "core/base/home.h"

namespace {
constexpr int kSettleMs = 400;  // after the last key stroke in a number

// The first file of the program's samples folder by name.
QString findSample() {
  const QDir folder(
      QString::fromStdString(greylag::path_to_utf8(greylag::resource_dir() / "samples")));
  const QStringList files = folder.entryList({QStringLiteral("*.jsonl")}, QDir::Files, QDir::Name);
  return files.isEmpty() ? QString() : folder.absoluteFilePath(files.first());
}
}  // namespace

TrainForm::TrainForm(QObject* parent) : QObject(parent), m_samplePath(findSample()) {
  m_settings.setMethod(m_method.toStdString());
  for (QTimer* timer : {&m_planTimer, &m_checkTimer}) {
    timer->setSingleShot(true);
    timer->setInterval(kSettleMs);
  }
  connect(&m_planTimer, &QTimer::timeout, this, &TrainForm::runPlan);
  connect(&m_checkTimer, &QTimer::timeout, this, &TrainForm::runCheck);
  connect(&m_settings, &SettingList::edited, this, &TrainForm::invalidatePlan);
}

int TrainForm::reachableStep() const {
  for (int step = Goal; step < Review; ++step) {
    if (!problemOf(step).isEmpty()) return step;
  }
  return Review;
}

QString TrainForm::problemOf(int step) const {
  switch (step) {
    case Model:
      return m_modelId.isEmpty() ? tr("Choose the model that is to learn.") : QString();
    case Data:
      return m_dataPath.isEmpty() ? tr("Choose a file with examples.") : QString();
    case Check:
      return checkProblem();
    case Plan:
      if (!m_settings.problem().isEmpty()) return m_settings.problem();
      if (!m_planError.isEmpty()) return m_planError;
      return m_plan.isDone() ? QString() : tr("The plan is being worked out…");
    case Review:
      if (name().trimmed().isEmpty()) return tr("Give the run a name.");
      return m_runNames.contains(name().trimmed()) ? tr("A run has this name already.") : QString();
    default:
      return {};
  }
}

QString TrainForm::checkProblem() const {
  if (!m_checkError.isEmpty()) return m_checkError;
  if (!m_check.isDone()) return tr("The data is being checked…");
  if (m_check.usableRows() < 1) return tr("There is no row to learn from in this file.");
  if (m_check.fatalCount() > 0 && !m_skipBadRows) {
    return tr("Mend the bad rows, or choose to skip them.");
  }
  return {};
}

void TrainForm::next() {
  if (m_step < Review && problem().isEmpty()) enter(m_step + 1);
}

void TrainForm::back() {
  if (m_step > Goal) enter(m_step - 1);
}

void TrainForm::goTo(int step) {
  if (step >= Goal && step <= reachableStep()) enter(step);
}

void TrainForm::enter(int step) {
  m_step = step;
  if (step == Plan && m_method == QLatin1String("hrm")) fetchAdapters();
  if (step >= Check && !m_check.isDone() && !m_isChecking) runCheck();
  if (step >= Plan && !m_plan.isDone() && !m_isPlanning) runPlan();
  emit changed();
}

void TrainForm::setGoal(const QString& goal) {
  if (m_goal == goal) return;
  m_goal = goal;
  setMethod(proposedMethod());
  emit changed();
}

QString TrainForm::proposedMethod() const {
  if (m_goal == QLatin1String("pretrain")) return QStringLiteral("full");
  return QStringLiteral("lora");
}

void TrainForm::setMethod(const QString& method) {
  if (m_method == method) return;
  m_method = method;
  m_settings.setMethod(method.toStdString());
  emit changed();
}

void TrainForm::setModelId(const QString& id) {
  if (m_modelId == id) return;
  m_modelId = id;
  const auto* model = m_models.find(id);
  m_settings.setModelWidth(model != nullptr ? model->width : greylag::protocol::kUnknownWidth);
  offerCores();
  invalidateCheck();
  invalidatePlan();
}

void TrainForm::chooseData(const QUrl& file) {
  const QFileInfo info(file.toLocalFile());
  if (!file.isLocalFile() || !info.exists()) {
    return emit failed(tr("%1 is not a file of this computer.").arg(file.toDisplayString()));
  }
  if (info.isDir()) return emit failed(tr("%1 is a folder. Choose one file.").arg(info.fileName()));
  if (info.size() == 0) return emit failed(tr("%1 is empty.").arg(info.fileName()));
  m_dataPath = info.absoluteFilePath();
  m_skipBadRows = false;
  invalidateCheck();
  invalidatePlan();
}

void TrainForm::chooseSample() {
  if (hasSample()) chooseData(QUrl::fromLocalFile(m_samplePath));
}

QString TrainForm::dataName() const { return QFileInfo(m_dataPath).fileName(); }

QString TrainForm::dataNote() const {
  if (m_dataPath.isEmpty()) return {};
  const QFileInfo info(m_dataPath);
  return tr("%1 · in %2").arg(sizeText(static_cast<uint64_t>(info.size())), info.absolutePath());
}

void TrainForm::setSkipBadRows(bool skip) {
  if (m_skipBadRows == skip) return;
  m_skipBadRows = skip;
  invalidatePlan();
}

void TrainForm::setSetting(const QString& key, const QString& text) {
  m_settings.setText(key, text);
  // The check says what is too long for the context.
  const bool isContext = key == QLatin1String("context");
  if (isContext && m_check.isDone() && m_settings.number(key) != m_checkedContext) {
    m_checkTimer.start();
  }
}

void TrainForm::restoreDefaults() { m_settings.restoreDefaults(); }

void TrainForm::checkAgain() {
  m_check.clear();
  runCheck();
}

void TrainForm::invalidateCheck() {
  m_check.clear();
  m_checkError.clear();
  ++m_checkTicket;
  m_isChecking = false;
  returnToFirstOpenStep();
  emit changed();
}

// What was changed behind the step that is shown is looked at again, at once.
void TrainForm::returnToFirstOpenStep() {
  const int open = m_modelId.isEmpty() ? Model : m_dataPath.isEmpty() ? Data : Check;
  m_step = std::min(m_step, open);
  if (m_step == Check) runCheck();
}

// A new plan comes by itself while the user is at the plan or behind it.
void TrainForm::invalidatePlan() {
  m_planError.clear();
  ++m_planTicket;
  m_isPlanning = false;
  if (m_step < Plan) {
    m_plan.clear();
  } else if (m_settings.problem().isEmpty()) {
    m_isPlanning = true;  // the old figures stay until the new ones are there
    m_planTimer.start();
  }
  emit changed();
}

void TrainForm::startOver() {
  m_step = Goal;
  m_dataPath.clear();
  m_name.clear();
  m_skipBadRows = false;
  m_settings.restoreDefaults();
  m_plan.clear();
  invalidateCheck();
  invalidatePlan();
}
