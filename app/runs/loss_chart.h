// SPDX-License-Identifier: GPL-3.0-or-later
// How is a run's quantity drawn? One line, or one for each cycle of a reasoning core, from the
// validation's colour (the first) to the line's (the last). The only QML type that knows
// QCustomPlot: a hidden, parentless plot is drawn on the GUI thread, at most ten times a second and
// only when something changed and the item is visible, into an image of size x devicePixelRatio;
// paint() only blits it. Needs a QApplication (QCustomPlot is a QWidget).
#pragma once

#include <QColor>
#include <QElapsedTimer>
#include <QImage>
#include <QPointer>
#include <QQuickPaintedItem>
#include <QTimer>
#include <QVariantList>
#include <memory>

#include "app/runs/run_series.h"

class QCPGraph;
class QCustomPlot;

class LossChart : public QQuickPaintedItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(RunSeries* series READ series WRITE setSeries NOTIFY seriesChanged)
  Q_PROPERTY(RunSeries::Quantity quantity READ quantity WRITE setQuantity NOTIFY styleChanged)
  Q_PROPERTY(double smoothing READ smoothing WRITE setSmoothing NOTIFY styleChanged)
  Q_PROPERTY(bool logarithmic READ isLogarithmic WRITE setLogarithmic NOTIFY styleChanged)
  Q_PROPERTY(QColor textColor MEMBER m_textColor NOTIFY styleChanged)
  Q_PROPERTY(QColor gridColor MEMBER m_gridColor NOTIFY styleChanged)
  Q_PROPERTY(QColor rawColor MEMBER m_rawColor NOTIFY styleChanged)
  Q_PROPERTY(QColor lineColor MEMBER m_lineColor NOTIFY styleChanged)
  Q_PROPERTY(QColor validationColor MEMBER m_validationColor NOTIFY styleChanged)
  Q_PROPERTY(double fontPixelSize MEMBER m_fontPixelSize NOTIFY styleChanged)
  // The step under the shared cursor, negative for none: bind it across charts.
  Q_PROPERTY(double cursorStep READ cursorStep WRITE setCursorStep NOTIFY cursorStepChanged)
  Q_PROPERTY(QString readout READ readout NOTIFY readoutChanged)
  Q_PROPERTY(QString summary READ summary NOTIFY readoutChanged)
  Q_PROPERTY(bool zoomed READ isZoomed NOTIFY zoomedChanged)
  // The legend of several lines, [{text, color}]; empty for one line. Of many lines the ends.
  Q_PROPERTY(QVariantList lineKeys READ lineKeys NOTIFY lineKeysChanged)

 public:
  explicit LossChart(QQuickItem* parent = nullptr);
  ~LossChart() override;

  RunSeries* series() const { return m_series; }
  void setSeries(RunSeries* series);
  RunSeries::Quantity quantity() const { return m_quantity; }
  void setQuantity(RunSeries::Quantity quantity);
  double smoothing() const { return m_smoothing; }
  void setSmoothing(double smoothing);
  bool isLogarithmic() const { return m_isLogarithmic; }
  void setLogarithmic(bool isLogarithmic);
  double cursorStep() const { return m_cursorStep; }
  void setCursorStep(double step);
  QString readout() const;  // values at the cursor, else the newest ones
  QString summary() const;  // last and lowest value in words, for assistive technology
  bool isZoomed() const { return m_zoomTo > m_zoomFrom; }
  QVariantList lineKeys() const;

  Q_INVOKABLE void resetZoom();
  Q_INVOKABLE void zoomBy(double factor, double centreShare);  // share of the visible range, 0-1
  Q_INVOKABLE void moveCursor(int rows);                       // keyboard: by measured steps

  void paint(QPainter* painter) override;
  int drawCount() const { return m_drawCount; }
  const QImage& image() const { return m_image; }

 signals:
  void seriesChanged();
  void styleChanged();
  void cursorStepChanged();
  void readoutChanged();
  void zoomedChanged();
  void lineKeysChanged();

 protected:
  void geometryChange(const QRectF& to, const QRectF& from) override;
  void itemChange(ItemChange change, const ItemChangeData& data) override;
  void hoverMoveEvent(QHoverEvent* event) override;
  void hoverLeaveEvent(QHoverEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  void scheduleDraw();
  void draw();
  void applyStyle();
  void fillGraphs();
  void fitAxes();
  void setZoom(double from, double to);
  double stepAt(double x) const;  // pixel -> step, by the last drawing
  double pixelAt(double step) const;
  double devicePixelRatio() const;
  QString rowText(double step) const;
  void countLines();
  QColor lineColorAt(int line) const;
  QString lineName(int line) const;
  void drawOverlay(QPainter* painter) const;

  std::unique_ptr<QCustomPlot> m_plot;
  QCPGraph* m_raw = nullptr;  // owned by the plot, as the next two
  QCPGraph* m_smoothed = nullptr;
  QCPGraph* m_validation = nullptr;
  QList<QCPGraph*> m_earlier;  // lines before the last, which is m_raw
  int m_lineCount = 0;
  QPointer<RunSeries> m_series;
  RunSeries::Quantity m_quantity = RunSeries::Loss;
  double m_smoothing = 0.9;
  bool m_isLogarithmic = false;
  QColor m_textColor, m_gridColor, m_rawColor, m_lineColor, m_validationColor;
  double m_fontPixelSize = 12;
  double m_cursorStep = -1;
  double m_zoomFrom = 0, m_zoomTo = 0;  // steps; equal: everything
  double m_pressX = -1, m_dragX = -1;   // pixels of a range being dragged
  QTimer m_timer;
  QElapsedTimer m_sinceDraw;
  QImage m_image;
  QRectF m_axisRect;  // of the last drawing, as the next two
  double m_viewFrom = 0, m_viewTo = 1;
  int m_drawCount = 0;
};
