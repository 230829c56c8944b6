// SPDX-License-Identifier: GPL-3.0-or-later
// What did a run measure so far? Columns by optimizer step, filled once from metrics.jsonl
// (backfill) and then by `metric` events. A resumed run repeats steps: rows from the first repeated
// step on are replaced. A quantity has one line, or one for each cycle of a reasoning core, or none
// when the run does not measure it. GUI thread only.
#pragma once

#include <QtQml/qqmlregistration.h>

#include <QList>
#include <QObject>
#include <QString>
#include <array>

#include "core/protocol/engine.h"
#include "core/protocol/training.h"

// One quantity by step; both lists have the same length, steps rise strictly, values are finite.
struct SeriesColumn {
  QList<double> steps;
  QList<double> values;

  void append(double step, double value);
  void cutFrom(double step);  // drops rows with step >= `step`
  bool isEmpty() const { return steps.isEmpty(); }
  double last() const { return values.last(); }
  // Index of the row nearest to `step`, -1 when empty.
  qsizetype nearest(double step) const;
};

class RunSeries : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("A run's page owns its series.")
  Q_PROPERTY(bool empty READ isEmpty NOTIFY changed)
  Q_PROPERTY(double firstValidation READ firstValidation NOTIFY changed)
  Q_PROPERTY(double bestValidation READ bestValidation NOTIFY changed)
  Q_PROPERTY(double lastValidation READ lastValidation NOTIFY changed)
  Q_PROPERTY(QString verdict READ verdict NOTIFY changed)
  Q_PROPERTY(bool hasCycles READ hasCycles NOTIFY changed)
  Q_PROPERTY(bool hasCycleChange READ hasCycleChange NOTIFY changed)
  Q_PROPERTY(bool hasHaltDepth READ hasHaltDepth NOTIFY changed)

 public:
  // CycleLoss: a line for each cycle; CycleChange: how far the core's answer moved to the next
  // cycle, a line less; HaltDepth: cycles per token.
  enum Quantity { Loss, LearningRate, GradientNorm, Speed, CycleLoss, CycleChange, HaltDepth };
  Q_ENUM(Quantity)

  explicit RunSeries(QObject* parent = nullptr);

  void clear();
  // The whole history; rows that events brought in meanwhile and that are newer stay.
  void backfill(const greylag::protocol::MetricList& list);
  void append(const greylag::protocol::MetricEvent& event);

  int lineCount(Quantity quantity) const { return static_cast<int>(m_lines[quantity].size()); }
  // line: below lineCount.
  const SeriesColumn& line(Quantity quantity, int line) const { return m_lines[quantity][line]; }
  // The quantity's last line, or an empty column.
  const SeriesColumn& column(Quantity quantity) const;
  const SeriesColumn& validation() const { return m_validation; }
  // Exponential moving average of the loss, bias corrected; `weight` in [0, 1).
  SeriesColumn smoothedLoss(double weight) const;

  bool isEmpty() const { return column(Loss).isEmpty(); }
  bool hasCycles() const { return lineCount(CycleLoss) > 0; }
  bool hasCycleChange() const { return lineCount(CycleChange) > 0; }
  bool hasHaltDepth() const { return lineCount(HaltDepth) > 0; }
  double firstValidation() const;  // NaN when not measured
  double bestValidation() const;
  double lastValidation() const;
  // "Did it learn?" in plain words, from the validation loss (else from the training loss).
  QString verdict() const;

 signals:
  void changed();

 private:
  using Lines = std::array<QList<SeriesColumn>, HaltDepth + 1>;  // by Quantity

  void put(Quantity quantity, double step, double value);
  void put(Quantity quantity, double step, const std::vector<double>& values);
  void cutFrom(double step);

  Lines m_lines;
  SeriesColumn m_validation;
};
