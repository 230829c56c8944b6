// SPDX-License-Identifier: GPL-3.0-or-later
// Drawing of the chart: graphs, axes, colours and the rate limit. Input is in loss_chart_input.cpp.
#include "app/runs/loss_chart.h"

#include <qcustomplot.h>

#include <QPainter>
#include <QQuickWindow>
#include <algorithm>
#include <cmath>

namespace {

constexpr int kDrawIntervalMs = 100;  // 10 Hz

void setData(QCPGraph* graph, const SeriesColumn& column) {
  graph->setData(column.steps, column.values, true);
}

QPen pen(const QColor& color, double width, Qt::PenStyle style = Qt::SolidLine) {
  QPen result(color, width, style);
  result.setJoinStyle(Qt::RoundJoin);
  return result;
}

}  // namespace

LossChart::LossChart(QQuickItem* parent)
    : QQuickPaintedItem(parent),
      m_plot(std::make_unique<QCustomPlot>()),
      m_textColor(Qt::black),
      m_gridColor(Qt::lightGray),
      m_rawColor(Qt::gray),
      m_lineColor(Qt::darkBlue),
      m_validationColor(Qt::darkRed) {
  setAcceptHoverEvents(true);
  setAcceptedMouseButtons(Qt::LeftButton);
  setFlag(ItemHasContents);
  m_raw = m_plot->addGraph();
  m_smoothed = m_plot->addGraph();
  m_validation = m_plot->addGraph();
  m_plot->setBackground(Qt::NoBrush);
  m_plot->axisRect()->setMinimumMargins(QMargins(4, 8, 12, 4));
  m_plot->setAntialiasedElements(QCP::aePlottables | QCP::aeScatters);
  m_timer.setSingleShot(true);
  connect(&m_timer, &QTimer::timeout, this, &LossChart::draw);
  connect(this, &LossChart::styleChanged, this, &LossChart::scheduleDraw);
  connect(this, &LossChart::styleChanged, this, &LossChart::readoutChanged);
  connect(this, &LossChart::styleChanged, this, &LossChart::lineKeysChanged);
}

LossChart::~LossChart() = default;

void LossChart::setSeries(RunSeries* series) {
  if (m_series == series) return;
  if (m_series) disconnect(m_series, nullptr, this, nullptr);
  m_series = series;
  if (m_series) {
    connect(m_series, &RunSeries::changed, this, &LossChart::scheduleDraw);
    connect(m_series, &RunSeries::changed, this, &LossChart::readoutChanged);
    connect(m_series, &RunSeries::changed, this, &LossChart::countLines);
  }
  resetZoom();
  countLines();
  emit seriesChanged();
  emit readoutChanged();
  scheduleDraw();
}

void LossChart::setQuantity(RunSeries::Quantity quantity) {
  if (m_quantity == quantity) return;
  m_quantity = quantity;
  countLines();
  emit styleChanged();
}

void LossChart::setSmoothing(double smoothing) {
  const double bounded = std::clamp(smoothing, 0.0, 0.99);
  if (qFuzzyCompare(1 + m_smoothing, 1 + bounded)) return;
  m_smoothing = bounded;
  emit styleChanged();
}

void LossChart::setLogarithmic(bool isLogarithmic) {
  if (m_isLogarithmic == isLogarithmic) return;
  m_isLogarithmic = isLogarithmic;
  emit styleChanged();
}

double LossChart::devicePixelRatio() const {
  return window() ? window()->effectiveDevicePixelRatio() : 1.0;
}

void LossChart::countLines() {
  const int count = m_series ? m_series->lineCount(m_quantity) : 0;
  if (m_lineCount == count) return;
  m_lineCount = count;
  emit lineKeysChanged();
}

QColor LossChart::lineColorAt(int line) const {
  const double share = m_lineCount < 2 ? 1 : static_cast<double>(line) / (m_lineCount - 1);
  const auto mix = [share](int first, int last) {
    return static_cast<int>(std::lround(first + share * (last - first)));
  };
  return QColor(mix(m_validationColor.red(), m_lineColor.red()),
                mix(m_validationColor.green(), m_lineColor.green()),
                mix(m_validationColor.blue(), m_lineColor.blue()));
}

// An invisible or empty item draws when it comes back (itemChange, geometryChange).
void LossChart::scheduleDraw() {
  if (m_timer.isActive() || !isVisible() || width() < 1 || height() < 1) return;
  const qint64 elapsed = m_sinceDraw.isValid() ? m_sinceDraw.elapsed() : kDrawIntervalMs;
  m_timer.start(
      static_cast<int>(std::clamp<qint64>(kDrawIntervalMs - elapsed, 0, kDrawIntervalMs)));
}

void LossChart::fillGraphs() {
  if (!m_series) {
    for (QCPGraph* graph : {m_raw, m_smoothed, m_validation}) graph->data()->clear();
    for (QCPGraph* graph : m_earlier) graph->data()->clear();
    return;
  }
  while (m_earlier.size() < m_lineCount - 1) m_earlier.append(m_plot->addGraph());
  for (int i = 0; i < static_cast<int>(m_earlier.size()); ++i) {
    setData(m_earlier[i], i < m_lineCount - 1 ? m_series->line(m_quantity, i) : SeriesColumn());
    m_earlier[i]->setPen(pen(lineColorAt(i), 1.4));
  }
  setData(m_raw, m_series->column(m_quantity));
  const bool isLoss = m_quantity == RunSeries::Loss;
  setData(m_smoothed,
          isLoss && m_smoothing > 0 ? m_series->smoothedLoss(m_smoothing) : SeriesColumn());
  setData(m_validation, isLoss ? m_series->validation() : SeriesColumn());
}

void LossChart::applyStyle() {
  QFont font = m_plot->font();
  font.setPixelSize(std::max(8, static_cast<int>(std::lround(m_fontPixelSize))));
  for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
    axis->setTickLabelFont(font);
    axis->setTickLabelColor(m_textColor);
    axis->setBasePen(pen(m_gridColor, 1));
    axis->setTickPen(pen(m_gridColor, 1));
    axis->setSubTickPen(Qt::NoPen);
    axis->grid()->setPen(pen(m_gridColor, 1, Qt::DotLine));
    axis->grid()->setZeroLinePen(Qt::NoPen);
  }
  const bool isRate = m_quantity == RunSeries::LearningRate;
  m_plot->yAxis->setNumberFormat(isRate ? QStringLiteral("gb") : QStringLiteral("g"));
  m_plot->yAxis->setNumberPrecision(isRate ? 2 : 4);
  m_plot->xAxis->setNumberFormat(QStringLiteral("f"));
  m_plot->xAxis->setNumberPrecision(0);
  m_plot->yAxis->setScaleType(m_isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (m_isLogarithmic) {
    m_plot->yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
  } else {
    m_plot->yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
  }
  m_plot->yAxis->ticker()->setTickCount(4);
  // Only the smoothed loss is behind its raw line; other quantities have one full line.
  const bool hasSmoothed = m_quantity == RunSeries::Loss && m_smoothing > 0;
  m_raw->setPen(hasSmoothed ? pen(m_rawColor, 1) : pen(m_lineColor, 1.6));
  m_smoothed->setPen(pen(m_lineColor, 2));
  m_validation->setPen(pen(m_validationColor, 1.6, Qt::DashLine));
  m_validation->setScatterStyle(
      QCPScatterStyle(QCPScatterStyle::ssDiamond, m_validationColor, m_validationColor, 7));
}

void LossChart::fitAxes() {
  bool found = false;
  QCPRange steps = m_raw->getKeyRange(found);
  if (!found) steps = QCPRange(0, 10);
  if (steps.size() < 1) steps = QCPRange(steps.lower, steps.lower + 1);
  if (isZoomed()) steps = QCPRange(m_zoomFrom, m_zoomTo);
  m_plot->xAxis->setRange(steps);
  QCPRange values;
  bool hasValues = false;
  for (QCPGraph* graph : QList<QCPGraph*>{m_raw, m_smoothed, m_validation} + m_earlier) {
    const QCPRange range = graph->getValueRange(found, QCP::sdBoth, steps);
    if (!found) continue;
    values = hasValues ? values.expanded(range) : range;
    hasValues = true;
  }
  if (!hasValues) values = QCPRange(0, 1);
  if (m_isLogarithmic && values.lower > 0) {
    m_plot->yAxis->setRange(values.lower / 1.1, values.upper * 1.1);
    return;
  }
  const double space = std::max(values.size() * 0.06, std::abs(values.upper) * 1e-3 + 1e-9);
  m_plot->yAxis->setRange(values.lower - space, values.upper + space);
}

void LossChart::draw() {
  if (!isVisible() || width() < 1 || height() < 1) return;
  const QSize size(static_cast<int>(std::ceil(width())), static_cast<int>(std::ceil(height())));
  const double ratio = devicePixelRatio();
  fillGraphs();
  applyStyle();
  fitAxes();
  QImage image(size * ratio, QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(ratio);
  image.fill(Qt::transparent);
  m_plot->setViewport(QRect(QPoint(0, 0), size));
  {
    QCPPainter painter;
    if (!painter.begin(&image)) return;
    m_plot->toPainter(&painter, size.width(), size.height());
  }
  m_image = image;
  m_axisRect = m_plot->axisRect()->rect();
  m_viewFrom = m_plot->xAxis->range().lower;
  m_viewTo = m_plot->xAxis->range().upper;
  ++m_drawCount;
  m_sinceDraw.start();
  update();
}

void LossChart::paint(QPainter* painter) {
  painter->drawImage(QPointF(0, 0), m_image);
  drawOverlay(painter);
}

void LossChart::drawOverlay(QPainter* painter) const {
  if (m_pressX >= 0 && m_dragX >= 0) {
    QColor shade = m_lineColor;
    shade.setAlphaF(0.15F);
    const double left = std::min(m_pressX, m_dragX), right = std::max(m_pressX, m_dragX);
    painter->fillRect(QRectF(left, m_axisRect.top(), right - left, m_axisRect.height()), shade);
  }
  if (m_cursorStep >= m_viewFrom && m_cursorStep <= m_viewTo) {
    const double x = pixelAt(m_cursorStep);
    painter->setPen(QPen(m_textColor, 1));
    painter->drawLine(QPointF(x, m_axisRect.top()), QPointF(x, m_axisRect.bottom()));
  }
}

void LossChart::geometryChange(const QRectF& to, const QRectF& from) {
  QQuickPaintedItem::geometryChange(to, from);
  if (to.size() != from.size()) scheduleDraw();
}

void LossChart::itemChange(ItemChange change, const ItemChangeData& data) {
  QQuickPaintedItem::itemChange(change, data);
  const bool isShown = change == ItemVisibleHasChanged && data.boolValue;
  if (isShown || change == ItemDevicePixelRatioHasChanged || change == ItemSceneChange) {
    scheduleDraw();
  }
}
