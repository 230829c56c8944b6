// SPDX-License-Identifier: GPL-3.0-or-later
// Runs: series that survive backfill and resume, states and what they allow, and a chart that
// draws, but not too often.
#include <QSignalSpy>
#include <QtTest>
#include <cmath>
#include <limits>

#include "app/runs/loss_chart.h"
#include "app/runs/run_view.h"

using namespace greylag::protocol;

namespace {

MetricEvent metric(int64_t step, double loss) {
  MetricEvent event;
  event.run = "r";
  event.step = {step};
  event.loss = {loss};
  event.lr = {1e-3};
  event.grad_norm = {1};
  event.tokens_per_second = {100};
  return event;
}

Metric row(int64_t step, double loss) {
  Metric metric;
  metric.step = step;
  metric.loss = loss;
  metric.lr = 1e-3;
  metric.grad_norm = 1;
  return metric;
}

MetricEvent validation(int64_t step, double loss) {
  MetricEvent event;
  event.run = "r";
  event.val_step = {step};
  event.val_loss = {loss};
  return event;
}

MetricEvent coreMetric(int64_t step, std::vector<double> losses) {
  MetricEvent event = metric(step, losses.back());
  event.cycle_changes = {std::vector<double>(losses.size() - 1, 0.5)};
  event.cycle_losses = {std::move(losses)};
  return event;
}

RunStatus run(const std::string& state);

RunStatus coreRun(const std::string& backbone) {
  RunStatus status = run("finished");
  status.config.method = "hrm";
  status.config.hrm_backbone = backbone;
  return status;
}

void addFallingLoss(RunSeries& series, int steps) {
  for (int i = 1; i <= steps; ++i) series.append(metric(i, 3.0 - 0.01 * i));
}

RunStatus run(const std::string& state) {
  RunStatus status;
  status.id = "r";
  status.state = state;
  status.config.name = "my run";
  status.config.model = "/models/tiny.safetensors";
  status.config.steps = 200;
  status.step = 50;
  status.checkpoints = {{50, "f", 2.0, true, true, 1000}, {100, "g", 2.5, true, false, 1000}};
  return status;
}

int colouredPixels(const QImage& image, const QColor& colour) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const QColor pixel = image.pixelColor(x, y);
      const int distance = std::abs(pixel.red() - colour.red()) +
                           std::abs(pixel.green() - colour.green()) +
                           std::abs(pixel.blue() - colour.blue());
      if (pixel.alpha() > 200 && distance < 60) ++count;
    }
  }
  return count;
}

}  // namespace

class RunsTest : public QObject {
  Q_OBJECT

 private slots:
  void backfillKeepsNewerEvents() {
    RunSeries series;
    series.append(metric(3, 2.0));
    series.append(metric(4, 1.9));
    MetricList list;
    list.metrics = {row(1, 3.0), row(2, 2.5), row(3, 2.0)};
    list.metrics[1].val_loss = 2.6;
    list.metrics[1].has_val_loss = true;
    list.timings = {{1, 0, 90, 5}, {2, 0, 95, 4}, {3, 0, 96, 3}};
    series.backfill(list);
    QCOMPARE(series.column(RunSeries::Loss).steps, QList<double>({1, 2, 3, 4}));
    QCOMPARE(series.column(RunSeries::Speed).steps, QList<double>({1, 2, 3, 4}));
    QCOMPARE(series.validation().steps, QList<double>({2}));
  }

  void aResumedRunReplacesRepeatedSteps() {
    RunSeries series;
    addFallingLoss(series, 60);
    series.append(validation(60, 2.0));
    series.append(metric(51, 9.0));
    QCOMPARE(series.column(RunSeries::Loss).steps.size(), 51);
    QCOMPARE(series.column(RunSeries::Loss).last(), 9.0);
    QVERIFY(series.validation().isEmpty());
  }

  void valuesThatAreNoNumbersAreLeftOut() {
    RunSeries series;
    series.append(metric(1, std::numeric_limits<double>::quiet_NaN()));
    QVERIFY(series.isEmpty());
    MetricEvent shorter = metric(2, 1.0);
    shorter.tokens_per_second.clear();  // not measured
    series.append(shorter);
    QCOMPARE(series.column(RunSeries::Loss).steps.size(), 1);
    QCOMPARE(series.column(RunSeries::Speed).steps, QList<double>({1}));
  }

  void aCoresCyclesAreLinesOfTheirOwn() {
    RunSeries series;
    QVERIFY(!series.hasCycles() && !series.hasCycleChange() && !series.hasHaltDepth());
    series.append(coreMetric(2, {3, 2.5}));
    MetricEvent halting = coreMetric(3, {2.9, 2.4});
    halting.halt_depth = {1.5};
    series.append(halting);
    MetricList list;
    list.metrics = {row(1, 3.0), row(2, 2.5)};
    list.metrics[0].cycle_losses = {3.5, 3};
    list.metrics[0].cycle_changes = {0.9};
    list.metrics[1].cycle_losses = {3, 2.5};
    list.metrics[1].cycle_changes = {0.5};
    series.backfill(list);
    QCOMPARE(series.lineCount(RunSeries::CycleLoss), 2);
    QCOMPARE(series.line(RunSeries::CycleLoss, 0).values, QList<double>({3.5, 3, 2.9}));
    QCOMPARE(series.line(RunSeries::CycleLoss, 1).values, QList<double>({3, 2.5, 2.4}));
    QCOMPARE(series.column(RunSeries::CycleChange).values, QList<double>({0.9, 0.5, 0.5}));
    QCOMPARE(series.column(RunSeries::HaltDepth).values, QList<double>({1.5}));
    series.append(coreMetric(2, {9, 8}));  // resumed: steps 2 and 3 are done again
    QCOMPARE(series.line(RunSeries::CycleLoss, 0).values, QList<double>({3.5, 9}));
    QVERIFY(!series.hasHaltDepth());
    series.clear();
    QVERIFY(!series.hasCycles());
  }

  void theVerdictSaysWhetherItLearned() {
    RunSeries learned, memorised, nothing;
    for (RunSeries* series : {&learned, &memorised, &nothing}) addFallingLoss(*series, 100);
    learned.append(validation(20, 3.0));
    learned.append(validation(40, 2.0));
    memorised.append(validation(20, 3.0));
    memorised.append(validation(40, 2.0));
    memorised.append(validation(60, 2.6));
    nothing.append(validation(20, 3.0));
    nothing.append(validation(40, 3.1));
    QVERIFY2(learned.verdict().startsWith("It learned:"), qPrintable(learned.verdict()));
    QVERIFY2(memorised.verdict().contains("memorise"), qPrintable(memorised.verdict()));
    QVERIFY2(nothing.verdict().contains("did not learn"), qPrintable(nothing.verdict()));
  }

  void aLossThatIsNoNumberIsToldInWords() {
    RunStatus diverged = run("failed");
    diverged.step = 7;
    diverged.loss = std::numeric_limits<double>::quiet_NaN();
    diverged.val_loss = diverged.loss;
    diverged.has_val_loss = true;
    RunListModel list;
    list.setRows({diverged});
    const QString text = list.index(0).data(RunListModel::LossText).toString();
    QVERIFY2(text == "the loss is no number", qPrintable(text));
  }

  void statesAllowWhatFitsThem() {
    QVERIFY(run_state::canPause("running") && !run_state::canPause("pausing"));
    QVERIFY(run_state::canResume("interrupted") && !run_state::canResume("running"));
    QVERIFY(run_state::canSave("running") && !run_state::canSave("paused"));
    QVERIFY(run_state::canDelete("finished") && !run_state::canDelete("stopping"));
    QVERIFY(!run_state::canDelete("paused") && run_state::canStop("paused"));
  }

  void theViewFollowsItsRun() {
    RunLibrary library;
    RunView view;
    view.setLibrary(&library);
    view.setRunId("r");
    QVERIFY(!view.exists());
    library.handleEvent("run", QByteArray::fromStdString(encode(run("running"))));
    QVERIFY(view.exists());
    QCOMPARE(view.name(), "my run");
    QCOMPARE(view.baseModel(), "tiny");
    QCOMPARE(view.progress(), 0.25);
    QVERIFY(view.canPause());
    QCOMPARE(view.checkpoints()->index(0).data(CheckpointListModel::Step).toInt(), 100);
    QVERIFY(view.checkpoints()->index(1).data(CheckpointListModel::IsBest).toBool());
    QCOMPARE(view.adapterId(50), "r@50");
    library.handleEvent("run", QByteArray::fromStdString(encode(run("interrupted"))));
    QVERIFY(view.canResume());
    QVERIFY(view.advice().contains("100"));
    RunStatus full = run("paused");
    full.error = "the disk is full";
    library.handleEvent("run", QByteArray::fromStdString(encode(full)));
    QVERIFY2(view.advice().startsWith("Resume tries again."), qPrintable(view.advice()));
  }

  void aCoreCannotBeMergedAndSaysSo() {
    RunLibrary library;
    RunView view;
    view.setLibrary(&library);
    view.setRunId("r");
    library.handleEvent("run", QByteArray::fromStdString(encode(run("finished"))));
    QVERIFY(view.canMerge() && view.canChat());
    library.handleEvent("run", QByteArray::fromStdString(encode(coreRun("frozen"))));
    QVERIFY(!view.canMerge() && view.canChat());
    QVERIFY(view.checkpointNote().contains("cannot be merged"));
    QVERIFY(view.subject().startsWith("HRM reasoning core (experimental)"));
    library.handleEvent("run", QByteArray::fromStdString(encode(coreRun("full"))));
    QVERIFY(!view.canMerge() && !view.canChat());
    QStringList labels;
    for (const QVariant& row : view.settings()) labels.append(row.toMap()["label"].toString());
    QVERIFY(labels.contains("Core width") && !labels.contains("Rank"));
  }

  void metricEventsReachOnlyTheirRun() {
    RunLibrary library;
    RunSeries* series = library.seriesOf("r");
    library.seriesOf("other");
    library.handleEvent("metric", QByteArray::fromStdString(encode(metric(1, 2.0))));
    QCOMPARE(series->column(RunSeries::Loss).steps.size(), 1);
    QVERIFY(library.seriesOf("other")->isEmpty());
  }

  void theChartDrawsItsLines() {
    RunSeries series;
    addFallingLoss(series, 100);
    series.append(validation(50, 2.6));
    series.append(validation(100, 2.2));
    LossChart chart;
    chart.setProperty("lineColor", QColor(Qt::blue));
    chart.setProperty("validationColor", QColor(Qt::red));
    chart.setSize(QSizeF(400, 200));
    chart.setSeries(&series);
    QTRY_VERIFY(chart.drawCount() > 0);
    QCOMPARE(chart.image().size(), QSize(400, 200));
    QVERIFY(colouredPixels(chart.image(), Qt::blue) > 300);
    QVERIFY(colouredPixels(chart.image(), Qt::red) > 20);
    QVERIFY(chart.summary().contains("lowest"));
  }

  void theChartDrawsEveryCycle() {
    RunSeries series;
    for (int i = 1; i <= 100; ++i) series.append(coreMetric(i, {3 - 0.01 * i, 2 - 0.01 * i}));
    LossChart chart;
    chart.setProperty("validationColor", QColor(Qt::red));  // the first cycle's
    chart.setProperty("lineColor", QColor(Qt::blue));
    chart.setSize(QSizeF(400, 200));
    chart.setQuantity(RunSeries::CycleLoss);
    QCOMPARE(chart.lineKeys().size(), 0);
    chart.setSeries(&series);
    QTRY_VERIFY(chart.drawCount() > 0);
    QVERIFY(colouredPixels(chart.image(), Qt::blue) > 300);
    QVERIFY(colouredPixels(chart.image(), Qt::red) > 300);
    QCOMPARE(chart.lineKeys().size(), 2);
    QCOMPARE(chart.lineKeys()[0].toMap()["text"].toString(), "cycle 1");
    QCOMPARE(chart.lineKeys()[0].toMap()["color"].value<QColor>(), QColor(Qt::red));
    QCOMPARE(chart.readout(), "step 100: cycle 1 2.0000, cycle 2 1.0000");
    chart.setQuantity(RunSeries::CycleChange);
    QCOMPARE(chart.readout(), "step 100: cycle 1 → 2 0.5000");
    QCOMPARE(chart.lineKeys().size(), 0);
  }

  void theChartDrawsAtMostTenTimesASecond() {
    RunSeries series;
    LossChart chart;
    chart.setSize(QSizeF(300, 150));
    chart.setSeries(&series);
    QElapsedTimer clock;
    clock.start();
    int step = 0;
    while (clock.elapsed() < 500) {
      ++step;
      series.append(metric(step, 1.0 / step));
      QCoreApplication::processEvents(QEventLoop::AllEvents, 2);
    }
    QVERIFY(step > 20);
    QVERIFY2(chart.drawCount() >= 2 && chart.drawCount() <= 7,
             qPrintable(QString::number(chart.drawCount())));
  }

  void anInvisibleChartDoesNotDraw() {
    RunSeries series;
    LossChart chart;
    chart.setVisible(false);
    chart.setSize(QSizeF(300, 150));
    chart.setSeries(&series);
    addFallingLoss(series, 10);
    QTest::qWait(150);
    QCOMPARE(chart.drawCount(), 0);
    chart.setVisible(true);
    QTRY_VERIFY(chart.drawCount() > 0);
  }

  void zoomingShowsLessAndResets() {
    RunSeries series;
    addFallingLoss(series, 100);
    LossChart chart;
    chart.setSize(QSizeF(300, 150));
    chart.setSeries(&series);
    QTRY_VERIFY(chart.drawCount() > 0);
    chart.zoomBy(2, 0.5);
    QVERIFY(chart.isZoomed());
    chart.resetZoom();
    QVERIFY(!chart.isZoomed());
    chart.moveCursor(0);
    QCOMPARE(chart.cursorStep(), 100.0);
    chart.moveCursor(-10);
    QCOMPARE(chart.cursorStep(), 90.0);
    QVERIFY(chart.readout().contains("90"));
  }
};

QTEST_MAIN(RunsTest)
#include "runs_test.moc"
