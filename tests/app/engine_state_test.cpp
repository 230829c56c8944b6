// SPDX-License-Identifier: GPL-3.0-or-later
// Attaching, starting, dying, giving up.
#include "app/engine/engine_state.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "tests/support/fake_engine.h"

namespace {

greylag::Home homeIn(const QTemporaryDir& folder) {
  return *greylag::Home::open(greylag::path_from_utf8(folder.path().toStdString()));
}

QString fakeProgram() { return qEnvironmentVariable("GREYLAG_FAKE"); }

}  // namespace

class EngineStateTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    qunsetenv("FAKE_ENGINE");
    if (!QFileInfo(fakeProgram()).isExecutable()) {
      QSKIP("GREYLAG_FAKE does not name the fake engine");
    }
  }

  void attachesToALiveEngine() {
    const QTemporaryDir folder;
    FakeEngine engine;
    QVERIFY(engine.listen());
    engine.writeRecord(folder.path());
    EngineState state(homeIn(folder), "/does/not/exist");
    QSignalSpy events(&state, &EngineState::eventReceived);
    state.open();
    QTRY_VERIFY(state.isConnected());
    QVERIFY(state.isAttached());
    QCOMPARE(state.deviceName(), QStringLiteral("AMD EPYC 7763"));
    QCOMPARE(state.port(), engine.port());
    QTRY_VERIFY(events.count() > 0);
    QCOMPARE(events[0][0].toString(), QStringLiteral("status"));
  }

  // After a crash and some time the pid is another program's, and so may the port be.
  void aRecordWithAReusedPidIsNotAttachedTo() {
    const QTemporaryDir folder;
    FakeEngine other;
    QVERIFY(other.listen());
    other.writeRecord(folder.path());
    QSignalSpy asked(&other, &FakeEngine::requested);
    const auto path = homeIn(folder).engine_record();
    auto record = greylag::protocol::decode<greylag::protocol::Handshake>(
        *greylag::read_text_file(path, 4096));
    for (const uint64_t mark : {record->start_mark + 1, uint64_t{0}}) {
      record->start_mark = mark;
      QVERIFY(greylag::write_file_atomic(path, greylag::protocol::encode(*record)).ok());
      EngineState state(homeIn(folder), fakeProgram());
      state.open();
      QTRY_VERIFY_WITH_TIMEOUT(state.isConnected(), 20000);
      QVERIFY(!state.isAttached());
      QVERIFY(state.port() != other.port());
    }
    QCOMPARE(asked.count(), 0);  // it was not even shown the token
  }

  // The process lives, but who answers at its port is another engine.
  void anEngineThatSaysAnotherPidIsNotAttachedTo() {
    const QTemporaryDir folder;
    FakeEngine other;
    QVERIFY(other.listen());
    other.writeRecord(folder.path());
    other.data.status.pid = 1;
    EngineState state(homeIn(folder), fakeProgram());
    state.open();
    QTRY_VERIFY_WITH_TIMEOUT(state.isConnected(), 20000);
    QVERIFY(!state.isAttached());
    QVERIFY(state.port() != other.port());
  }

  void startsItsOwnAndStopsIt() {
    const QTemporaryDir folder;
    EngineState state(homeIn(folder), fakeProgram());
    state.open();
    QTRY_VERIFY_WITH_TIMEOUT(state.isConnected(), 20000);
    QVERIFY(!state.isAttached());
    const auto status = greylag::read_text_file(homeIn(folder).engine_record(), 4096);
    const auto record = greylag::protocol::decode<greylag::protocol::Handshake>(*status);
    QVERIFY(greylag::platform::process_start_mark(record->pid).has_value());
    state.close();
    QVERIFY(!greylag::platform::process_start_mark(record->pid).has_value());
  }

  void startsAgainWhenTheEngineDies() {
    const QTemporaryDir folder;
    EngineState state(homeIn(folder), fakeProgram());
    QSignalSpy connections(&state, &EngineState::connected);
    state.open();
    QTRY_COMPARE_WITH_TIMEOUT(connections.count(), 1, 20000);
    const auto text = greylag::read_text_file(homeIn(folder).engine_record(), 4096);
    const auto record = greylag::protocol::decode<greylag::protocol::Handshake>(*text);
    greylag::platform::end_process(record->pid, true);
    QTRY_COMPARE_WITH_TIMEOUT(state.phase(), QStringLiteral("restarting"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(connections.count() >= 2, 20000);
    QVERIFY(state.isConnected());
  }

  void givesUpAfterFiveCrashesAndSaysWhy() {
    const QTemporaryDir folder;
    qputenv("FAKE_ENGINE", "exit");
    EngineState state(homeIn(folder), fakeProgram());
    state.open();
    QTRY_COMPARE_WITH_TIMEOUT(state.phase(), QStringLiteral("failed"), 40000);
    QVERIFY2(state.message().contains("engine.json is damaged"), qPrintable(state.message()));
    qunsetenv("FAKE_ENGINE");
    state.restart();
    QTRY_VERIFY_WITH_TIMEOUT(state.isConnected(), 20000);
  }

  void namesTheProgramThatIsMissing() {
    const QTemporaryDir folder;
    EngineState state(homeIn(folder), "/nowhere/greylag-engine");
    state.open();
    QCOMPARE(state.phase(), QStringLiteral("failed"));
    QVERIFY(state.message().contains("greylag-engine"));
  }
};

QTEST_GUILESS_MAIN(EngineStateTest)
#include "engine_state_test.moc"
