// SPDX-License-Identifier: GPL-3.0-or-later
// Settings and Server by real keys and clicks, in German: the first visit, an engine that does not
// start, a port that another program holds, the window's size.
#include <QFile>
#include <QFileInfo>
#include <QTcpServer>
#include <QTest>

#include "core/base/file.h"
#include "core/protocol/codec.h"
#include "tests/support/test_window.h"

namespace {
QString fakeProgram() { return qEnvironmentVariable("GREYLAG_FAKE"); }
}  // namespace

class SettingsWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    qunsetenv("FAKE_ENGINE");
    m_test = std::make_unique<TestWindow>();
  }
  void cleanup() {
    QCOMPARE(m_test->warnings().join('\n'), QString());
    m_test.reset();
  }

  void theFirstVisitIsLaidOutLikeTheSecond_data() {
    QTest::addColumn<QString>("page");
    QTest::addColumn<int>("width");
    for (const char* page : {"settings", "server"}) {
      for (const int width : {1180, 1000, 690}) {
        QTest::addRow("%s at %d", page, width) << page << width;
      }
    }
  }
  void theFirstVisitIsLaidOutLikeTheSecond() {
    QFETCH(QString, page);
    QFETCH(int, width);
    m_test->open();
    m_test->window()->resize(width, 640);
    m_test->go(page);
    QTest::qWait(50);
    const auto rows = m_test->all(
        [](QQuickItem* item) { return item->property("isStacked").isValid(); }, m_test->page(page));
    QVERIFY(rows.size() >= 3);
    const QString first = places(rows);
    for (QQuickItem* row : rows) {
      const auto fields = m_test->all(
          [](QQuickItem* item) {
            return item->inherits("QQuickTextField") || item->inherits("QQuickComboBox") ||
                   item->inherits("QQuickAbstractButton") || item->inherits("QQuickSlider");
          },
          row);
      QVERIFY(!fields.isEmpty());
      for (QQuickItem* field : fields) {
        const QRectF place =
            field->mapRectToItem(row, QRectF(0, 0, field->width(), field->height()));
        QVERIFY2(row->boundingRect().adjusted(-1, -1, 1, 1).contains(place),
                 qPrintable(row->property("label").toString()));
      }
    }
    if (page == "server") {
      const auto url = m_test->all([](QQuickItem* item) {
        return item->inherits("QQuickTextField") &&
               item->property("text").toString().contains("/v1");
      });
      QVERIFY(!url.isEmpty());
      QVERIFY(url.first()->property("contentWidth").toDouble() + 22 <= url.first()->width());
    }
    m_test->shoot(QStringLiteral("%1-%2").arg(page).arg(width));
    m_test->go("home");
    m_test->go(page);
    QTest::qWait(50);
    QCOMPARE(places(rows), first);
  }

  void aPortIsReadAsAGermanTypesIt() {
    m_test->open();
    m_test->go("settings");
    QQuickItem* field = portField();
    QTRY_VERIFY(field->isEnabled());
    const int port = m_test->fake.data.settings.port;
    m_test->replaceText(field, "12.345");
    QTRY_VERIFY(m_test->shows("12345 ohne Trennzeichen"));
    m_test->key(Qt::Key_Tab);
    QTest::qWait(50);
    QCOMPARE(m_test->fake.data.settings.port, port);
    QCOMPARE(field->property("text").toString(), QString::number(port));
    QVERIFY(m_test->shows("12.345"));  // what was not taken is not lost without a word
    m_test->replaceText(field, "12345");
    m_test->key(Qt::Key_Tab);
    QTRY_COMPARE(m_test->fake.data.settings.port, 12345);
  }

  void aTakenPortIsReplacedByAFreeOneAndSaid() {
    if (!QFileInfo(fakeProgram()).isExecutable()) QSKIP("GREYLAG_FAKE names no program");
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    writePort(other.serverPort());
    forgetTheAttachedEngine();
    m_test->open(fakeProgram());
    QTRY_VERIFY_WITH_TIMEOUT(m_test->engine()->isConnected(), 10'000);
    QVERIFY(m_test->engine()->port() != other.serverPort());
    QTRY_VERIFY(m_test->shows(QStringLiteral("Port %1").arg(other.serverPort())));
    QVERIFY(m_test->shows(QString::number(m_test->engine()->port())));
    m_test->shoot("port-taken");
    m_test->go("settings");
    QTRY_VERIFY(portField()->isEnabled());
    QVERIFY(m_test->shows(QStringLiteral("zurzeit ist es %1").arg(m_test->engine()->port())));
  }

  void settingsCanBeChangedWithoutAnEngine() {
    if (!QFileInfo(fakeProgram()).isExecutable()) QSKIP("GREYLAG_FAKE names no program");
    qputenv("FAKE_ENGINE", "exit");
    writePort(20'001);
    forgetTheAttachedEngine();
    m_test->open(fakeProgram());
    QTRY_VERIFY_WITH_TIMEOUT(m_test->engine()->phase() == "failed", 15'000);
    m_test->go("settings");
    QQuickItem* field = portField();
    QVERIFY(field->isEnabled());
    QCOMPARE(field->property("text").toString(), QStringLiteral("20001"));
    m_test->replaceText(field, "20002");
    m_test->key(Qt::Key_Tab);
    QTRY_COMPARE(writtenPort(), 20'002);
    m_test->shoot("settings-no-engine");
    qunsetenv("FAKE_ENGINE");
    m_test->click(m_test->named("Jetzt neu starten"));
    QTRY_VERIFY_WITH_TIMEOUT(m_test->engine()->isConnected(), 10'000);
    QCOMPARE(m_test->engine()->port(), 20'002);
  }

  // Not the last line of any level.
  void aCrashIsExplainedByTheLastError() {
    if (!QFileInfo(fakeProgram()).isExecutable()) QSKIP("GREYLAG_FAKE names no program");
    qputenv("FAKE_ENGINE", "exit");
    forgetTheAttachedEngine();
    m_test->open(fakeProgram());
    QTRY_VERIFY_WITH_TIMEOUT(m_test->engine()->phase() == "failed", 15'000);
    QVERIFY(m_test->shows("engine.json is damaged"));
    QVERIFY(!m_test->shows("slow"));
    QVERIFY(!m_test->shows("greylag-engine:"));
  }

  void theWindowsSizeOutlivesEveryEnd_data() {
    QTest::addColumn<bool>("isByKey");
    QTest::newRow("Ctrl+Q") << true;
    QTest::newRow("without a word") << false;
  }
  void theWindowsSizeOutlivesEveryEnd() {
    QFETCH(bool, isByKey);
    m_test->open();
    m_test->window()->resize(783, 611);
    QTRY_COMPARE(m_test->context()->settings()->remembered("window/height").toInt(), 611);
    if (isByKey) m_test->key(Qt::Key_Q, Qt::ControlModifier);
    m_test->close();
    m_test->open();
    QTRY_COMPARE(m_test->window()->size(), QSize(783, 611));
  }

 private:
  QQuickItem* portField() {
    return m_test
        ->all([](QQuickItem* item) {
          return item->inherits("QQuickTextField") && item->property("label").toString() == "Port";
        })
        .value(0);
  }
  static QString places(const QList<QQuickItem*>& rows) {
    QStringList lines;
    for (QQuickItem* row : rows) {
      lines.append(QStringLiteral("%1 %2 %3")
                       .arg(row->property("label").toString())
                       .arg(row->y())
                       .arg(row->height()));
    }
    return lines.join('\n');
  }
  std::filesystem::path settingsFile() {
    return greylag::path_from_utf8((m_test->home() + "/engine.json").toStdString());
  }
  void writePort(int port) {
    greylag::protocol::EngineSettings settings;
    settings.port = port;
    QVERIFY(greylag::write_file_atomic(settingsFile(), greylag::protocol::encode(settings)).ok());
  }
  int writtenPort() {
    const auto text = greylag::read_text_file(settingsFile(), 1 << 20);
    const auto settings = greylag::protocol::decode<greylag::protocol::EngineSettings>(*text);
    return settings.ok() ? settings->port : -1;
  }
  void forgetTheAttachedEngine() { QFile::remove(m_test->home() + "/engine.record.json"); }

  std::unique_ptr<TestWindow> m_test;
};

int main(int argc, char* argv[]) {
  SettingsWindowTest test;
  return runWindowTest(&test, argc, argv);
}
#include "settings_window_test.moc"
