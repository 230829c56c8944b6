// SPDX-License-Identifier: GPL-3.0-or-later
// The wizard and its runs by real keys, drops and clicks, in German: numbers, a file dropped late,
// a draft that outlives the window, names and dates of runs.
#include <QFile>
#include <QTest>

#include "app/runs/run_list_model.h"
#include "app/train/train_form.h"
#include "core/protocol/codec.h"
#include "tests/support/test_window.h"

using greylag::protocol::RunStatus;

class TrainWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_test = std::make_unique<TestWindow>();
    m_test->open();
  }
  void cleanup() {
    QCOMPARE(m_test->warnings().join('\n'), QString());
    m_test.reset();
  }

  void numbersAreReadAsAGermanTypesThem_data() {
    QTest::addColumn<QString>("label");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QByteArray>("sent");  // in the plan's request; empty: refused
    QTest::newRow("point, but no group") << "Lernrate"
                                         << "0.001" << QByteArray("\"lr\":0.001");
    QTest::newRow("comma") << "Lernrate"
                           << "0,002" << QByteArray("\"lr\":0.002");
    QTest::newRow("exponent") << "Lernrate"
                              << "3e-4" << QByteArray("\"lr\":0.0003");
    QTest::newRow("short point") << "Lernrate"
                                 << ".05" << QByteArray("\"lr\":0.05");
    QTest::newRow("a group or a fraction") << "Lernrate"
                                           << "1.000" << QByteArray();
    QTest::newRow("grouped steps") << "Schritte"
                                   << "1.000" << QByteArray();
    QTest::newRow("grouped twice") << "Schritte"
                                   << "1.000.000" << QByteArray();
    QTest::newRow("with a blank") << "Schritte"
                                  << "1 000" << QByteArray();
    QTest::newRow("steps") << "Schritte"
                           << "1000" << QByteArray("\"steps\":1000");
    QTest::newRow("both marks") << "Lernrate"
                                << "1.000,5" << QByteArray();
    QTest::newRow("too large") << "Lernrate"
                               << "2" << QByteArray();
  }
  void numbersAreReadAsAGermanTypesThem() {
    QFETCH(QString, label);
    QFETCH(QString, typed);
    QFETCH(QByteArray, sent);
    reachPlan();
    const QByteArray before = lastPlan();
    QQuickItem* field = fieldOf(label);
    QVERIFY(m_test->shows(label == "Schritte" ? "1 bis 10000000" : "bis 1", rowOf(field)));
    m_test->replaceText(field, typed);
    QCOMPARE(field->property("text").toString(), typed);
    if (sent.isEmpty()) {
      QVERIFY(!form()->problem().isEmpty());
      QVERIFY(m_test->shows(form()->problem()));
      QVERIFY(!m_test->named("Weiter")->isEnabled());
      QTest::qWait(500);
      QCOMPARE(lastPlan(), before);
    } else {
      QCOMPARE(form()->problem(), QString());
      QTRY_VERIFY2(lastPlan().contains(sent), lastPlan().constData());
    }
    m_test->shoot("train-plan-" + QString(sent.isEmpty() ? "refused" : "number"));
  }

  void aFileDroppedOnTheCheckIsChecked() {
    reachCheck();
    QTRY_VERIFY(form()->check()->isDone());
    m_test->fake.data.dataCheck.rows = 99;
    m_test->drop(write("andere.jsonl"));
    QCOMPARE(form()->dataName(), QStringLiteral("andere.jsonl"));
    QTRY_VERIFY(form()->check()->isDone());
    QCOMPARE(form()->check()->rows(), 99);
    QVERIFY(m_test->shows(QStringLiteral("andere.jsonl")));
    QCOMPARE(checkedFiles().last(), QStringLiteral("andere.jsonl"));
  }

  void aFileDroppedLaterLeadsBackToTheCheck() {
    reachPlan();
    m_test->drop(write("andere.jsonl"));
    QCOMPARE(form()->step(), int(TrainForm::Check));
    QTRY_VERIFY(form()->check()->isDone());
  }

  void anotherModelIsCheckedToo() {
    reachCheck();
    QTRY_VERIFY(form()->check()->isDone());
    const auto other = QString::fromStdString(m_test->fake.data.models.models.back().id);
    const auto count = checkedFiles().size();
    m_test->go("train", QStringLiteral("{model: '%1'}").arg(other));
    QTRY_VERIFY(form()->check()->isDone());
    QCOMPARE(checkedFiles().size(), count + 1);
  }

  void theDraftOutlivesTheWindow() {
    reachPlan();
    form()->setMethod("state");
    m_test->replaceText(fieldOf("Schritte"), "123");
    form()->setName("Mein Versuch");
    m_test->close();
    m_test->open();
    m_test->go("train");
    QTRY_VERIFY(form()->check()->isDone());
    QCOMPARE(form()->step(), int(TrainForm::Check));  // the file may have changed meanwhile
    QCOMPARE(form()->goal(), QStringLiteral("task"));
    QCOMPARE(form()->method(), QStringLiteral("state"));
    QCOMPARE(form()->modelId(), QStringLiteral("greylag-tiny"));
    QCOMPARE(form()->dataName(), QStringLiteral("paare.jsonl"));
    QCOMPARE(form()->name(), QStringLiteral("Mein Versuch"));
    QCOMPARE(form()->config().steps, 123);
    QCOMPARE(form()->config().method, std::string("state"));
    QVERIFY(form()->skipBadRows());
  }

  void aDraftWhoseFileIsGoneAsksForAnother() {
    reachCheck();
    QVERIFY(QFile::remove(m_test->home() + "/paare.jsonl"));
    m_test->close();
    m_test->open();
    m_test->go("train");
    QTRY_COMPARE(form()->step(), int(TrainForm::Data));
    QCOMPARE(form()->dataPath(), QString());
  }

  void nothingIsSkippedWhenNothingElseIsLeft() {
    m_test->fake.data.dataCheck.usable_rows = 0;
    reachCheck();
    QTRY_VERIFY(form()->check()->isDone());
    QVERIFY(m_test->shows("not JSON") || m_test->shows("kein JSON"));
    QVERIFY(!m_test->shows("lernen aus den"));
    const auto isBox = [](QQuickItem* item) { return item->inherits("QQuickCheckBox"); };
    QVERIFY(m_test->all(isBox).isEmpty());
    QVERIFY(!form()->problem().isEmpty());
  }

  void aRunsNameIsItsOwn() {
    m_test->fake.data.runs.runs.front().config.name = "paare-lora";
    m_test->close();
    m_test->open();
    reachPlan();
    m_test->click(m_test->named("Weiter"));
    QCOMPARE(form()->step(), int(TrainForm::Review));
    QCOMPARE(form()->name(), QStringLiteral("paare-lora-2"));
    m_test->replaceText(fieldOf("Name des Laufs"), "paare-lora");
    QVERIFY(!form()->problem().isEmpty());
    QVERIFY(!m_test->named("Starten")->isEnabled());
    m_test->shoot("train-review-name");
    m_test->type("-neu");
    QCOMPARE(form()->problem(), QString());
    QVERIFY(m_test->named("Starten")->isEnabled());
  }

  void theNewestRunIsOnTopAndDated() {
    m_test->go("runs");
    QTRY_VERIFY(!rows().isEmpty());
    const auto count = rows().size();
    RunStatus fresh = m_test->fake.data.runs.runs.front();
    fresh.id = "eben";
    fresh.config.name = "eben gestartet";
    fresh.started_unix_time = 1'750'000'000 + 1e9;  // after all others
    m_test->fake.data.runs.runs.push_back(fresh);
    m_test->fake.sendEvent("run", QByteArray::fromStdString(greylag::protocol::encode(fresh)));
    QTRY_COMPARE(rows().size(), count + 1);
    QCOMPARE(rows().first()->property("name").toString(), QStringLiteral("eben gestartet"));
    for (QQuickItem* row : rows()) {
      QVERIFY(!row->property("started").toString().isEmpty());
      QVERIFY(m_test->shows(row->property("started").toString(), row));
    }
    m_test->shoot("runs");
  }

 private:
  TrainForm* form() { return m_test->page("train")->findChild<TrainForm*>("trainForm"); }
  QString write(const QString& name) {
    QFile data(m_test->home() + "/" + name);
    if (data.open(QIODevice::WriteOnly)) data.write("{\"text\": \"hallo\"}\n");
    return data.fileName();
  }
  void reachCheck() {
    m_test->go("train");
    QTRY_COMPARE(form()->modelCount(), 2);
    form()->setGoal("task");
    form()->setModelId("greylag-tiny");
    m_test->drop(write("paare.jsonl"));
    form()->setSkipBadRows(true);
    form()->goTo(TrainForm::Check);
    QCOMPARE(form()->step(), int(TrainForm::Check));
  }
  void reachPlan() {
    reachCheck();
    QTRY_VERIFY(form()->check()->isDone());
    m_test->click(m_test->named("Weiter"));
    QTRY_VERIFY(form()->plan()->isDone() && !form()->isPlanning());
  }
  QByteArray lastPlan() {
    QByteArray body;
    for (const FakeRequest& request : m_test->fake.requests) {
      if (request.path == QLatin1String("/engine/train/plan")) body = request.body;
    }
    return body;
  }
  QStringList checkedFiles() {
    QStringList names;
    for (const FakeRequest& request : m_test->fake.requests) {
      if (request.path != QLatin1String("/engine/data/check")) continue;
      const auto body = greylag::protocol::decode<greylag::protocol::DataCheckRequest>(
          request.body.toStdString());
      names.append(QString::fromStdString(body->path).section('/', -1));
    }
    return names;
  }
  QQuickItem* fieldOf(const QString& label) {
    return m_test
        ->all([&](QQuickItem* item) {
          return item->inherits("QQuickTextField") && item->property("label").toString() == label;
        })
        .value(0);
  }
  static QQuickItem* rowOf(QQuickItem* item) {
    while (item && !item->property("note").isValid()) item = item->parentItem();
    return item;
  }
  QList<QQuickItem*> rows() {
    QList<QQuickItem*> found =
        m_test->all([](QQuickItem* item) { return item->property("lossText").isValid(); },
                    m_test->page("runs"));
    std::sort(found.begin(), found.end(),
              [](QQuickItem* a, QQuickItem* b) { return a->y() < b->y(); });
    return found;
  }

  std::unique_ptr<TestWindow> m_test;
};

int main(int argc, char* argv[]) {
  TrainWindowTest test;
  return runWindowTest(&test, argc, argv);
}
#include "train_window_test.moc"
