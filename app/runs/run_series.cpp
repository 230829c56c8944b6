// SPDX-License-Identifier: GPL-3.0-or-later
// Merging backfill and events, smoothing, and the sentence that says whether a run learned.
#include "app/runs/run_series.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <limits>

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
// Below this relative change of the loss we call it "no clear change": about the noise of a small
// validation set.
constexpr double kNoticeable = 0.01;

double at(const std::vector<double>& values, size_t index) {
  return index < values.size() ? values[index] : kNothing;
}

// The mean of the first or last few training losses: single steps are too noisy to compare.
double meanOf(const QList<double>& values, bool isFirst) {
  const qsizetype count = std::clamp<qsizetype>(values.size() / 10, 1, 20);
  const auto begin = isFirst ? values.begin() : values.end() - count;
  double sum = 0;
  for (auto it = begin; it != begin + count; ++it) sum += *it;
  return sum / static_cast<double>(count);
}

QString number(double value) { return QLocale().toString(value, 'f', 3); }

}  // namespace

void SeriesColumn::append(double step, double value) {
  if (!std::isfinite(value)) return;
  if (!steps.isEmpty() && step <= steps.last()) cutFrom(step);
  steps.append(step);
  values.append(value);
}

void SeriesColumn::cutFrom(double step) {
  const auto first = std::lower_bound(steps.begin(), steps.end(), step);
  const qsizetype keep = first - steps.begin();
  steps.resize(keep);
  values.resize(keep);
}

qsizetype SeriesColumn::nearest(double step) const {
  if (steps.isEmpty()) return -1;
  const auto above = std::lower_bound(steps.begin(), steps.end(), step);
  if (above == steps.begin()) return 0;
  if (above == steps.end()) return steps.size() - 1;
  const auto below = above - 1;
  return (step - *below < *above - step ? below : above) - steps.begin();
}

RunSeries::RunSeries(QObject* parent) : QObject(parent) {}

void RunSeries::clear() {
  cutFrom(-1);
  emit changed();
}

void RunSeries::cutFrom(double step) {
  for (QList<SeriesColumn>& lines : m_lines) {
    for (SeriesColumn& line : lines) line.cutFrom(step);
    while (!lines.isEmpty() && lines.last().isEmpty()) lines.removeLast();
  }
  m_validation.cutFrom(step);
}

void RunSeries::put(Quantity quantity, double step, double value) {
  put(quantity, step, std::vector<double>{value});
}

void RunSeries::put(Quantity quantity, double step, const std::vector<double>& values) {
  QList<SeriesColumn>& lines = m_lines[quantity];
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const auto line = static_cast<qsizetype>(i);
    if (line >= lines.size()) lines.resize(line + 1);
    lines[line].append(step, values[i]);
  }
}

void RunSeries::backfill(const greylag::protocol::MetricList& list) {
  const Lines before = m_lines;
  const SeriesColumn validation = m_validation;
  cutFrom(-1);
  for (const greylag::protocol::Metric& row : list.metrics) {
    const auto step = static_cast<double>(row.step);
    put(Loss, step, row.loss);
    put(LearningRate, step, row.lr);
    put(GradientNorm, step, row.grad_norm);
    put(CycleLoss, step, row.cycle_losses);
    put(CycleChange, step, row.cycle_changes);
    if (row.has_halt_depth) put(HaltDepth, step, row.halt_depth);
    if (row.has_val_loss) m_validation.append(step, row.val_loss);
  }
  for (const greylag::protocol::Timing& row : list.timings) {
    put(Speed, static_cast<double>(row.step), row.tokens_per_second);
  }
  const double newest = isEmpty() ? -1 : column(Loss).steps.last();
  const auto addNewer = [newest](const SeriesColumn& from, SeriesColumn& to) {
    for (qsizetype i = 0; i < from.steps.size(); ++i) {
      if (from.steps[i] > newest) to.append(from.steps[i], from.values[i]);
    }
  };
  for (size_t quantity = 0; quantity < before.size(); ++quantity) {
    QList<SeriesColumn>& lines = m_lines[quantity];
    lines.resize(std::max(lines.size(), before[quantity].size()));
    for (qsizetype i = 0; i < before[quantity].size(); ++i) {
      addNewer(before[quantity][i], lines[i]);
    }
  }
  addNewer(validation, m_validation);
  cutFrom(std::numeric_limits<double>::infinity());  // lines that stayed empty
  emit changed();
}

void RunSeries::append(const greylag::protocol::MetricEvent& event) {
  if (!event.step.empty()) {
    const auto first = static_cast<double>(event.step.front());
    if (!isEmpty() && first <= column(Loss).steps.last()) cutFrom(first);
  }
  for (size_t i = 0; i < event.step.size(); ++i) {
    const auto step = static_cast<double>(event.step[i]);
    put(Loss, step, at(event.loss, i));
    put(LearningRate, step, at(event.lr, i));
    put(GradientNorm, step, at(event.grad_norm, i));
    put(Speed, step, at(event.tokens_per_second, i));
    if (i < event.cycle_losses.size()) put(CycleLoss, step, event.cycle_losses[i]);
    if (i < event.cycle_changes.size()) put(CycleChange, step, event.cycle_changes[i]);
    put(HaltDepth, step, at(event.halt_depth, i));
  }
  for (size_t i = 0; i < event.val_step.size(); ++i) {
    m_validation.append(static_cast<double>(event.val_step[i]), at(event.val_loss, i));
  }
  emit changed();
}

const SeriesColumn& RunSeries::column(Quantity quantity) const {
  static const SeriesColumn nothing;
  return m_lines[quantity].isEmpty() ? nothing : m_lines[quantity].last();
}

SeriesColumn RunSeries::smoothedLoss(double weight) const {
  SeriesColumn result;
  const SeriesColumn& loss = column(Loss);
  double mean = 0, share = 1;
  for (qsizetype i = 0; i < loss.steps.size(); ++i) {
    mean = weight * mean + (1 - weight) * loss.values[i];
    share *= weight;
    result.append(loss.steps[i], mean / (1 - share));
  }
  return result;
}

double RunSeries::firstValidation() const {
  return m_validation.isEmpty() ? kNothing : m_validation.values.first();
}

double RunSeries::bestValidation() const {
  if (m_validation.isEmpty()) return kNothing;
  return *std::min_element(m_validation.values.begin(), m_validation.values.end());
}

double RunSeries::lastValidation() const {
  return m_validation.isEmpty() ? kNothing : m_validation.last();
}

QString RunSeries::verdict() const {
  if (isEmpty()) return tr("No step is finished yet.");
  if (m_validation.values.size() < 2) {
    const QList<double>& losses = column(Loss).values;
    if (losses.size() < 10) return tr("Too early to say whether it learns.");
    const double from = meanOf(losses, true), to = meanOf(losses, false);
    const QString change = tr("training loss went from %1 to %2").arg(number(from), number(to));
    if (to < from * (1 - kNoticeable)) {
      return tr("It fits its training data better: %1. Nothing is held back yet to tell "
                "learning from memorising.")
          .arg(change);
    }
    return tr("No clear learning so far: %1.").arg(change);
  }
  const double first = firstValidation(), best = bestValidation(), last = lastValidation();
  const QString from = number(first), low = number(best), now = number(last);
  if (best > first * (1 - kNoticeable)) {
    return tr("It did not learn what carries over: on text it never saw, the loss stayed at %1 "
              "(best %2).")
        .arg(from, low);
  }
  if (last > best * (1 + 2 * kNoticeable)) {
    return tr("It learned, then began to memorise: on text it never saw, the loss fell from %1 to "
              "%2 and rose again to %3. Use the best checkpoint.")
        .arg(from, low, now);
  }
  return tr("It learned: on text it never saw, the loss fell from %1 to %2.").arg(from, low);
}
