// SPDX-License-Identifier: GPL-3.0-or-later
// GET /engine/reason/models; POST /engine/reason/solve, whose stream ends with an event that says
// how. A refusal is `trouble`, everything after that belongs to the record.
#include "app/reason/reason_session.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/reason/sudoku_examples.h"
#include "core/protocol/codec.h"

using greylag::Result;
using greylag::protocol::ReasonModelList;
using greylag::protocol::SolveEvent;
using greylag::protocol::SolveRequest;

namespace {

QSet<int> cellSet(const std::vector<int64_t>& cells) {
  QSet<int> found;
  for (const int64_t cell : cells) {
    found.insert(static_cast<int>(cell));
  }
  return found;
}

QVariantMap fact(const QString& label, const QString& value) {
  return {{QStringLiteral("label"), label}, {QStringLiteral("value"), value}};
}

// "99.9": never 100 while there is doubt.
QString percent(double share) {
  return QLocale().toString(std::floor(share * 1000) / 10, 'f', 1) + QStringLiteral(" %");
}

}  // namespace

ReasonSession::ReasonSession(QObject* parent) : QObject(parent) {
  connect(&m_grid, &SudokuGridModel::puzzleChanged, this, [this] {
    m_trouble.clear();
    m_step = stepCount();
    showStep();
  });
}

void ReasonSession::setEngine(EngineState* engine) {
  if (m_engine == engine) {
    return;
  }
  if (m_engine) {
    disconnect(m_engine, nullptr, this, nullptr);
  }
  stop();
  m_engine = engine;
  emit engineChanged();
  emit changed();
  if (!engine) {
    return;
  }
  connect(engine, &EngineState::connected, this, &ReasonSession::refresh);
  connect(engine, &EngineState::eventReceived, this, &ReasonSession::handleEvent);
  connect(engine, &EngineState::phaseChanged, this, &ReasonSession::changed);
  if (engine->isConnected()) {
    refresh();
  }
}

void ReasonSession::handleEvent(const QString& type) {
  if (type == QLatin1String("models") || type == QLatin1String("import")) {
    refresh();
  }
}

void ReasonSession::refresh() {
  m_engine->client()
      ->get(QStringLiteral("/engine/reason/models"))
      ->as<ReasonModelList>(this, [this](const Result<ReasonModelList>& list) {
        if (!list.ok()) {
          setTrouble(QString::fromStdString(list.error().message));
          return;
        }
        m_models.set(*list);
        m_isKnown = true;
        setModel(modelIndex() < 0 ? m_models.preferred() : m_model);
      });
}

void ReasonSession::setModel(const QString& id) {
  if (id != m_model) {
    stop();
    m_model = id;
  }
  m_grid.setSize(m_models.sizeOf(id));
  m_step = stepCount();
  emit modelsChanged();
  showStep();
}

QString ReasonSession::recipe() const {
  return QStringLiteral(
      "greylag-train reason prepare --task sudoku --size 9 --clues 32 --count 60000 "
      "--augmentations 9 --out puzzles\n"
      "greylag-train reason run --data puzzles --recipe trm --out run\n"
      "greylag-train reason export --model run/reasoner.safetensors --dtype f16 "
      "--out sudoku.safetensors");
}

QVariantList ReasonSession::examples() const { return sudokuExamples(m_grid.size()); }

bool ReasonSession::canSolve() const {
  return m_engine && m_engine->isConnected() && !isSolving() && m_models.sizeOf(m_model) > 0 &&
         m_grid.clueCount() > 0 && m_grid.conflictCount() == 0;
}

QString ReasonSession::hint() const {
  if (isSolving()) {
    return m_record.count() == 0 ? tr("The engine reads the puzzle …") : QString();
  }
  if (m_models.sizeOf(m_model) == 0) {
    return {};
  }
  if (m_grid.conflictCount() > 0) {
    return tr("Equal digits meet in a row, a column or a box. They are marked.");
  }
  return m_grid.clueCount() == 0
             ? tr("Type digits into the grid, paste a puzzle, or take an example.")
             : QString();
}

void ReasonSession::solve() {
  if (!canSolve()) {
    return;
  }
  SolveRequest request;
  request.model = m_model.toStdString();
  request.puzzle = sudokuLine(m_grid.puzzle()).toStdString();
  request.segments = m_segments;
  request.rollouts = m_attempts;
  request.seed = static_cast<uint64_t>(std::max(0, m_seed));
  m_record = SolveRecord(m_model, m_grid.puzzle(), m_attempts);
  m_step = 0;
  m_trouble.clear();
  m_stream = m_engine->client()->stream(
      QStringLiteral("/engine/reason/solve"),
      QByteArray::fromStdString(greylag::protocol::encode(request)), this);
  connect(m_stream, &EngineStream::message, this, &ReasonSession::readMessage);
  connect(m_stream, &EngineStream::ended, this, [this] {
    end(QStringLiteral("broken"), tr("The engine broke off before it had an answer."));
  });
  connect(m_stream, &EngineStream::failed, this, [this](const EngineResponse& response) {
    if (m_record.count() == 0) {  // refused: there is nothing to show
      m_trouble = response.error;
      m_record = {};
    }
    end(QStringLiteral("broken"), response.error);
  });
  m_grid.setLocked(true);
  showStep();
}

void ReasonSession::readMessage(const SseMessage& message) {
  if (!m_stream || message.data == "[DONE]") {
    return;
  }
  const Result<SolveEvent> event =
      greylag::protocol::decode<SolveEvent>(message.data.toStdString());
  if (!event.ok()) {
    return end(QStringLiteral("broken"), QString::fromStdString(event.error().message));
  }
  if (event->is_last) {  // repeats the last answer
    return end(QString::fromStdString(event->end), QString::fromStdString(event->error));
  }
  if (!m_record.add(*event)) {
    return end(QStringLiteral("broken"),
               tr("The engine sent an answer that does not fit the puzzle."));
  }
  if (m_step == m_record.count() - 1) {  // unless the user looks at an earlier one
    m_step = m_record.count();
  }
  showStep();
}

void ReasonSession::end(const QString& end, const QString& error) {
  if (EngineStream* stream = std::exchange(m_stream, nullptr)) {
    stream->close();
    stream->deleteLater();
    m_record.finish(end, error);
    m_grid.setLocked(false);
    showStep();
  }
}

void ReasonSession::stop() { end(QStringLiteral("stopped")); }

bool ReasonSession::canTryHarder() const {
  return isRecordShown() && m_record.canTryHarder() && !isSolving() &&
         (m_segments < kMostSegments || m_attempts < kMostAttempts);
}

void ReasonSession::tryHarder() {
  m_segments = std::min(kMostSegments, m_segments * 2);
  m_attempts = std::min(kMostAttempts, std::max(4, m_attempts * 2));
  ++m_seed;
  emit optionsChanged();
  solve();
}

void ReasonSession::setStep(int step) {
  step = std::clamp(step, 0, stepCount());
  if (step != m_step) {
    m_step = step;
    showStep();
  }
}

void ReasonSession::showStep() {
  if (m_step == 0 || m_step > stepCount()) {
    m_grid.setAnswer(std::nullopt);
  } else {
    const SolveEvent& event = m_record.step(m_step);
    m_grid.setAnswer(SudokuAnswer{
        m_record.answer(m_step), QList<double>(event.confidence.begin(), event.confidence.end()),
        cellSet(event.changed), cellSet(event.violated), cellSet(event.overruled)});
  }
  emit changed();
}

QVariantList ReasonSession::facts() const {
  if (m_step == 0 || m_step > stepCount()) {
    return {};
  }
  const SolveEvent& event = m_record.step(m_step);
  QVariantList list{fact(tr("cells changed"), QString::number(event.changed.size())),
                    fact(tr("cells break a rule"), QString::number(event.violations)),
                    fact(tr("sure of the answer"), percent(event.q_probability)),
                    fact(tr("this segment"),
                         tr("%1 s").arg(QLocale().toString(m_record.secondsOf(m_step), 'f', 2)))};
  if (m_attempts > 1 || event.candidate > 0) {
    list.append(fact(tr("the best attempt"), QString::number(event.candidate + 1)));
  }
  return list;
}

bool ReasonSession::enter(const QString& text) {
  const Result<SudokuCells> cells = parseSudoku(text);
  if (!cells.ok()) {
    setTrouble(QString::fromStdString(cells.error().message));
    return false;
  }
  const int size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(cells->size()))));
  if (size != m_models.sizeOf(m_model)) {
    const QString other = m_models.forSize(size);
    if (other.isEmpty()) {
      setTrouble(tr("No installed model solves Sudokus of %1 × %1.").arg(size));
      return false;
    }
    setModel(other);
  }
  stop();
  m_trouble.clear();
  m_grid.setPuzzle(*cells);
  emit changed();
  return true;
}

bool ReasonSession::pasteFromClipboard() {
  const QString text = QGuiApplication::clipboard()->text();
  if (text.trimmed().isEmpty()) {
    setTrouble(tr("The clipboard holds no text."));
    return false;
  }
  return enter(text);
}

void ReasonSession::copyShown() const {
  QGuiApplication::clipboard()->setText(sudokuRows(m_grid.shown(), m_grid.size()));
}

void ReasonSession::setTrouble(const QString& trouble) {
  m_trouble = trouble;
  emit changed();
}
