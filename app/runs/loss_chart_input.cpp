// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and zooming the chart: the shared cursor, drag or Ctrl+wheel to zoom, double click to
// see everything again, and the text that says the same to people who do not see the picture.
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "app/runs/loss_chart.h"

namespace {

constexpr double kSmallestDrag = 6;  // pixels; less is a click
constexpr int kMostKeys = 6;         // of more lines, the legend has the first and the last

QString figure(RunSeries::Quantity quantity, double value) {
  const QLocale locale;
  switch (quantity) {
    case RunSeries::LearningRate:
      return locale.toString(value, 'g', 3);
    case RunSeries::Speed:
      return locale.toString(value, 'f', 0);
    case RunSeries::HaltDepth:
      return locale.toString(value, 'f', 2);
    case RunSeries::Loss:
    case RunSeries::GradientNorm:
    case RunSeries::CycleLoss:
    case RunSeries::CycleChange:
      break;
  }
  return locale.toString(value, 'f', 4);
}

}  // namespace

double LossChart::stepAt(double x) const {
  if (m_axisRect.width() <= 0) return m_viewFrom;
  const double share = std::clamp((x - m_axisRect.left()) / m_axisRect.width(), 0.0, 1.0);
  return m_viewFrom + share * (m_viewTo - m_viewFrom);
}

double LossChart::pixelAt(double step) const {
  const double share = (step - m_viewFrom) / (m_viewTo - m_viewFrom);
  return m_axisRect.left() + share * m_axisRect.width();
}

void LossChart::setCursorStep(double step) {
  double target = -1;
  if (step >= 0 && m_series) {
    const SeriesColumn& column = m_series->column(m_quantity);
    const qsizetype row = column.nearest(step);
    target = row < 0 ? -1 : column.steps[row];
  }
  if (qFuzzyCompare(1 + target, 1 + m_cursorStep)) return;
  m_cursorStep = target;
  emit cursorStepChanged();
  emit readoutChanged();
  update();
}

void LossChart::moveCursor(int rows) {
  if (!m_series) return;
  const SeriesColumn& column = m_series->column(m_quantity);
  if (column.isEmpty()) return;
  const qsizetype now =
      m_cursorStep < 0 ? column.steps.size() - 1 : column.nearest(m_cursorStep) + rows;
  setCursorStep(column.steps[std::clamp<qsizetype>(now, 0, column.steps.size() - 1)]);
}

QString LossChart::lineName(int line) const {
  const QString from = QLocale().toString(line + 1), to = QLocale().toString(line + 2);
  return m_quantity == RunSeries::CycleChange ? tr("cycle %1 → %2").arg(from, to)
                                              : tr("cycle %1").arg(from);
}

QVariantList LossChart::lineKeys() const {
  QVariantList keys;
  if (m_lineCount < 2) return keys;
  for (int line = 0; line < m_lineCount; ++line) {
    const bool isEnd = line == 0 || line == m_lineCount - 1;
    if (m_lineCount > kMostKeys && !isEnd) continue;
    keys.append(QVariantMap{{QStringLiteral("text"), lineName(line)},
                            {QStringLiteral("color"), lineColorAt(line)}});
  }
  return keys;
}

QString LossChart::rowText(double step) const {
  const SeriesColumn& column = m_series->column(m_quantity);
  const qsizetype row = column.nearest(step);
  const QString number = QLocale().toString(column.steps[row], 'f', 0);
  if (m_quantity == RunSeries::CycleLoss || m_quantity == RunSeries::CycleChange) {
    QStringList parts;
    for (int line = 0; line < m_lineCount; ++line) {
      const SeriesColumn& values = m_series->line(m_quantity, line);
      const qsizetype near = values.nearest(column.steps[row]);
      if (near < 0) continue;
      parts.append(lineName(line) + QLatin1Char(' ') + figure(m_quantity, values.values[near]));
    }
    return tr("step %1: %2").arg(number, parts.join(QStringLiteral(", ")));
  }
  const QString value = figure(m_quantity, column.values[row]);
  if (m_quantity != RunSeries::Loss) return tr("step %1: %2").arg(number, value);
  QString text = tr("step %1: loss %2").arg(number, value);
  if (m_smoothing > 0) {
    const SeriesColumn smooth = m_series->smoothedLoss(m_smoothing);
    text += tr(", smoothed %1").arg(figure(m_quantity, smooth.values[row]));
  }
  const SeriesColumn& held = m_series->validation();
  const qsizetype near = held.nearest(column.steps[row]);
  if (near >= 0) {
    text += tr(", validation %1 (step %2)")
                .arg(figure(m_quantity, held.values[near]),
                     QLocale().toString(held.steps[near], 'f', 0));
  }
  return text;
}

QString LossChart::readout() const {
  if (!m_series || m_series->column(m_quantity).isEmpty()) return tr("no values yet");
  return rowText(m_cursorStep >= 0 ? m_cursorStep : m_series->column(m_quantity).steps.last());
}

QString LossChart::summary() const {
  if (!m_series || m_series->column(m_quantity).isEmpty()) return tr("no values yet");
  const SeriesColumn& column = m_series->column(m_quantity);
  const auto lowest = std::min_element(column.values.begin(), column.values.end());
  const auto row = lowest - column.values.begin();
  return tr("%n value(s), newest at %1, lowest %2 at step %3", nullptr,
            static_cast<int>(column.steps.size()))
      .arg(rowText(column.steps.last()), figure(m_quantity, *lowest),
           QLocale().toString(column.steps[row], 'f', 0));
}

void LossChart::setZoom(double from, double to) {
  const bool wasZoomed = isZoomed();
  m_zoomFrom = from;
  m_zoomTo = to;
  if (wasZoomed != isZoomed()) emit zoomedChanged();
  scheduleDraw();
}

void LossChart::resetZoom() { setZoom(0, 0); }

void LossChart::zoomBy(double factor, double centreShare) {
  if (!m_series || m_series->column(m_quantity).isEmpty() || factor <= 0) return;
  const SeriesColumn& column = m_series->column(m_quantity);
  const double centre = m_viewFrom + centreShare * (m_viewTo - m_viewFrom);
  const double from = std::max(column.steps.first(), centre - (centre - m_viewFrom) / factor);
  const double to = std::min(column.steps.last(), centre + (m_viewTo - centre) / factor);
  if (to - from < 2) return;
  const bool isAll = from <= column.steps.first() && to >= column.steps.last();
  if (isAll) {
    resetZoom();
  } else {
    setZoom(from, to);
  }
}

void LossChart::hoverMoveEvent(QHoverEvent* event) { setCursorStep(stepAt(event->position().x())); }

void LossChart::hoverLeaveEvent(QHoverEvent*) { setCursorStep(-1); }

void LossChart::mousePressEvent(QMouseEvent* event) {
  m_pressX = event->position().x();
  m_dragX = -1;
  setKeepMouseGrab(true);
  event->accept();
}

void LossChart::mouseMoveEvent(QMouseEvent* event) {
  const double x = std::clamp(event->position().x(), m_axisRect.left(), m_axisRect.right());
  if (std::abs(x - m_pressX) >= kSmallestDrag || m_dragX >= 0) m_dragX = x;
  setCursorStep(stepAt(x));
  update();
}

void LossChart::mouseReleaseEvent(QMouseEvent*) {
  if (m_dragX >= 0 && std::abs(m_dragX - m_pressX) >= kSmallestDrag) {
    const double from = stepAt(std::min(m_pressX, m_dragX));
    const double to = stepAt(std::max(m_pressX, m_dragX));
    if (to - from >= 2) setZoom(from, to);
  }
  m_pressX = -1;
  m_dragX = -1;
  setKeepMouseGrab(false);
  update();
}

void LossChart::mouseDoubleClickEvent(QMouseEvent*) { resetZoom(); }

// Without Ctrl the wheel scrolls the page that holds the chart.
void LossChart::wheelEvent(QWheelEvent* event) {
  if (!(event->modifiers() & Qt::ControlModifier) || m_axisRect.width() <= 0) {
    event->ignore();
    return;
  }
  const double share = (event->position().x() - m_axisRect.left()) / m_axisRect.width();
  zoomBy(std::pow(1.2, event->angleDelta().y() / 120.0), std::clamp(share, 0.0, 1.0));
  event->accept();
}
