// SPDX-License-Identifier: GPL-3.0-or-later
// At most kPoints points, so that a long run costs as little as a short one.
#include "app/runs/sparkline.h"

#include <QPainter>
#include <algorithm>

namespace {

constexpr int kIntervalMs = 500;
constexpr qsizetype kPoints = 120;
constexpr double kSmoothing = 0.9;

}  // namespace

Sparkline::Sparkline(QQuickItem* parent) : QQuickPaintedItem(parent) {
  setAntialiasing(true);
  m_timer.setSingleShot(true);
  m_timer.setInterval(kIntervalMs);
  connect(&m_timer, &QTimer::timeout, this, &Sparkline::refresh);
  connect(this, &Sparkline::colorChanged, this, [this] { update(); });
}

void Sparkline::setSeries(RunSeries* series) {
  if (m_series == series) return;
  if (m_series) disconnect(m_series, nullptr, this, nullptr);
  m_series = series;
  if (m_series) {
    connect(m_series, &RunSeries::changed, this, [this] {
      if (!m_timer.isActive()) m_timer.start();
    });
  }
  refresh();
  emit seriesChanged();
}

void Sparkline::refresh() {
  m_line.clear();
  if (m_series && m_series->column(RunSeries::Loss).steps.size() > 1) {
    const SeriesColumn loss = m_series->smoothedLoss(kSmoothing);
    const auto [low, high] = std::minmax_element(loss.values.begin(), loss.values.end());
    const double range = std::max(*high - *low, 1e-9);
    const double span = loss.steps.last() - loss.steps.first();
    const qsizetype count = loss.steps.size(), points = std::min(count, kPoints);
    for (qsizetype i = 0; i < points; ++i) {
      const qsizetype row = i * (count - 1) / (points - 1);
      m_line.append(QPointF((loss.steps[row] - loss.steps.first()) / span,
                            (*high - loss.values[row]) / range));
    }
  }
  update();
}

void Sparkline::geometryChange(const QRectF& to, const QRectF& from) {
  QQuickPaintedItem::geometryChange(to, from);
  update();
}

void Sparkline::paint(QPainter* painter) {
  if (m_line.size() < 2) return;
  const double inset = 2;
  QPolygonF line;
  for (const QPointF& point : m_line) {
    line.append(QPointF(inset + point.x() * (width() - 2 * inset),
                        inset + point.y() * (height() - 2 * inset)));
  }
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(QPen(m_color, 1.5));
  painter->drawPolyline(line);
}
