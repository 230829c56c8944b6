// SPDX-License-Identifier: GPL-3.0-or-later
// A run's smoothed loss as one small line in the list of runs. Decoration: the row's text says the
// same in numbers. Redrawn at most twice a second.
#pragma once

#include <QColor>
#include <QPointer>
#include <QPolygonF>
#include <QQuickPaintedItem>
#include <QTimer>

#include "app/runs/run_series.h"

class Sparkline : public QQuickPaintedItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(RunSeries* series READ series WRITE setSeries NOTIFY seriesChanged)
  Q_PROPERTY(QColor color MEMBER m_color NOTIFY colorChanged)

 public:
  explicit Sparkline(QQuickItem* parent = nullptr);
  RunSeries* series() const { return m_series; }
  void setSeries(RunSeries* series);
  void paint(QPainter* painter) override;

 signals:
  void seriesChanged();
  void colorChanged();

 protected:
  void geometryChange(const QRectF& to, const QRectF& from) override;

 private:
  void refresh();

  QPointer<RunSeries> m_series;
  QColor m_color = Qt::darkBlue;
  QPolygonF m_line;  // in the unit square, y down
  QTimer m_timer;
};
