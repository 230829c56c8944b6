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
  for (SeriesColumn* column : {&m_loss, &m_rate, &m_norm, &m_speed, &m_validation}) {
    column->cutFrom(step);
  }
}

void RunSeries::appendRow(double step, double loss, double rate, double norm) {
  m_loss.append(step, loss);
  m_rate.append(step, rate);
  m_norm.append(step, norm);
}

void RunSeries::backfill(const greylag::protocol::MetricList& list) {
  const RunSeries* const before = this;
  SeriesColumn loss = before->m_loss, rate = before->m_rate, norm = before->m_norm;
  SeriesColumn speed = before->m_speed, validation = before->m_validation;
  cutFrom(-1);
  for (const greylag::protocol::Metric& row : list.metrics) {
    const auto step = static_cast<double>(row.step);
    appendRow(step, row.loss, row.lr, row.grad_norm);
    if (row.has_val_loss) m_validation.append(step, row.val_loss);
  }
  for (const greylag::protocol::Timing& row : list.timings) {
    m_speed.append(static_cast<double>(row.step), row.tokens_per_second);
  }
  const double newest = m_loss.isEmpty() ? -1 : m_loss.steps.last();
  const auto addNewer = [newest](const SeriesColumn& from, SeriesColumn& to) {
    for (qsizetype i = 0; i < from.steps.size(); ++i) {
      if (from.steps[i] > newest) to.append(from.steps[i], from.values[i]);
    }
  };
  addNewer(loss, m_loss);
  addNewer(rate, m_rate);
  addNewer(norm, m_norm);
  addNewer(speed, m_speed);
  addNewer(validation, m_validation);
  emit changed();
}

void RunSeries::append(const greylag::protocol::MetricEvent& event) {
  if (!event.step.empty()) {
    const auto first = static_cast<double>(event.step.front());
    if (!m_loss.isEmpty() && first <= m_loss.steps.last()) cutFrom(first);
  }
  for (size_t i = 0; i < event.step.size(); ++i) {
    const auto step = static_cast<double>(event.step[i]);
    appendRow(step, at(event.loss, i), at(event.lr, i), at(event.grad_norm, i));
    m_speed.append(step, at(event.tokens_per_second, i));
  }
  for (size_t i = 0; i < event.val_step.size(); ++i) {
    m_validation.append(static_cast<double>(event.val_step[i]), at(event.val_loss, i));
  }
  emit changed();
}

const SeriesColumn& RunSeries::column(Quantity quantity) const {
  switch (quantity) {
    case LearningRate:
      return m_rate;
    case GradientNorm:
      return m_norm;
    case Speed:
      return m_speed;
    case Loss:
      break;
  }
  return m_loss;
}

SeriesColumn RunSeries::smoothedLoss(double weight) const {
  SeriesColumn result;
  double mean = 0, share = 1;
  for (qsizetype i = 0; i < m_loss.steps.size(); ++i) {
    mean = weight * mean + (1 - weight) * m_loss.values[i];
    share *= weight;
    result.append(m_loss.steps[i], mean / (1 - share));
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
  if (m_loss.isEmpty()) return tr("No step is finished yet.");
  if (m_validation.values.size() < 2) {
    if (m_loss.values.size() < 10) return tr("Too early to say whether it learns.");
    const double from = meanOf(m_loss.values, true), to = meanOf(m_loss.values, false);
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
