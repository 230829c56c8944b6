// SPDX-License-Identifier: GPL-3.0-or-later
// The window is closed during a run and opened again, on a port that does not change: the run goes
// on, the engine starts on its port, and the run can be watched and stopped.
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include "app/engine/engine_state.h"
#include "app/train/train_form.h"
#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/protocol/codec.h"
#include "core/protocol/engine.h"
#include "core/runs/run_folder.h"

namespace {

constexpr int kPatienceMs = 120'000;  // two busy cores; a quiet machine needs ten seconds

int freePort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost);
  return server.serverPort();
}

}  // namespace

class WindowAgainTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    auto home = greylag::Home::open(greylag::path_from_utf8(m_folder.path().toStdString()));
    QVERIFY(home.ok());
    m_home = *home;
    greylag::protocol::EngineSettings settings;
    settings.port = m_port = freePort();
    QVERIFY(
        greylag::write_file_atomic(m_home.engine_settings(), greylag::protocol::encode(settings)));
    openWindow();
    startRun();
    QTRY_VERIFY_WITH_TIMEOUT(isRunLive(), kPatienceMs);
  }

  void theEngineComesBackOnItsPort_data() {
    QTest::addColumn<bool>("isKilled");
    QTest::newRow("closed") << false;
    QTest::newRow("killed") << true;
  }
  void theEngineComesBackOnItsPort() {
    QFETCH(bool, isKilled);
    if (isKilled) {
      QSignalSpy connectedAgain(m_engine.get(), &EngineState::connected);
      greylag::platform::end_process(enginePid(), true);
      QTRY_COMPARE_WITH_TIMEOUT(connectedAgain.count(), 1, 15'000);
    } else {
      m_engine->close();
      m_engine.reset();
      QVERIFY(isRunLive());
      openWindow();
    }
    QCOMPARE(m_engine->port(), m_port);
    QVERIFY(isRunLive());
  }

  void aTakenPortIsLeftToItsOwnerAndComesBack() {
    m_engine->close();
    m_engine.reset();
    {
      QTcpServer other;
      QVERIFY(other.listen(QHostAddress::LocalHost, static_cast<quint16>(m_port)));
      openWindow();
      QCOMPARE(m_engine->takenPort(), m_port);
      QVERIFY(m_engine->port() != m_port);
      QVERIFY(isRunLive());
    }
    m_engine->restart();
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->isConnected() && m_engine->port() == m_port, 20'000);
    QCOMPARE(m_engine->takenPort(), 0);
  }

  void cleanupTestCase() {
    const auto run = greylag::RunFolder::open(m_run);
    if (run.ok()) {
      greylag::RunFolder folder = *run;
      QVERIFY(folder.control("stop").ok());
      QTRY_VERIFY_WITH_TIMEOUT(!isRunLive(), kPatienceMs);
      QCOMPARE(QString::fromStdString(folder.status().state), QStringLiteral("stopped"));
      QVERIFY(!folder.checkpoints().empty());
    }
  }

 private:
  void openWindow() {
    m_engine = std::make_unique<EngineState>(
        m_home, qEnvironmentVariable("GREYLAG_BIN") + QStringLiteral("/greylag-engine"));
    m_engine->open();
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->isConnected(), 20'000);
  }
  void startRun() {
    TrainForm form;
    form.setEngine(m_engine.get());
    QTRY_COMPARE(form.modelId(), QStringLiteral("greylag-mini"));
    form.chooseSample();
    form.goTo(TrainForm::Data);
    form.next();
    QTRY_VERIFY_WITH_TIMEOUT(form.check()->isDone(), 20'000);
    form.setSetting(QStringLiteral("steps"), QStringLiteral("100000"));
    form.next();
    QTRY_VERIFY_WITH_TIMEOUT(form.plan()->isDone(), 20'000);
    QSignalSpy started(&form, &TrainForm::started);
    form.start();
    QTRY_COMPARE_WITH_TIMEOUT(started.count(), 1, 20'000);
    m_run = m_home.runs() / started.first().first().toString().toStdString();
  }
  bool isRunLive() const {
    const auto run = greylag::RunFolder::open(m_run);
    return run.ok() && run->is_live();
  }
  int64_t enginePid() const {
    const auto record = greylag::read_text_file(m_home.engine_record(), 4096);
    const auto engine = greylag::protocol::decode<greylag::protocol::Handshake>(record.value());
    return engine.value().pid;
  }

  QTemporaryDir m_folder;
  greylag::Home m_home;
  std::filesystem::path m_run;
  std::unique_ptr<EngineState> m_engine;
  int m_port = 0;
};

QTEST_GUILESS_MAIN(WindowAgainTest)
#include "window_again_test.moc"
