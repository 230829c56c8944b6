// SPDX-License-Identifier: GPL-3.0-or-later
// The main job from the wizard to the answer: the real engine finetunes the built-in model on the
// sample data with the real trainer, chats with the checkpoint, dies, comes back and goes on.
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/chat/chat_session.h"
#include "app/train/train_form.h"
#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/protocol/codec.h"
#include "core/protocol/engine.h"

namespace {

constexpr int kSteps = 40;
constexpr int kPatienceMs = 120'000;  // two busy cores; a quiet machine needs ten seconds

}  // namespace

class FinetuneAndChatTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder.path().toStdString()));
    QVERIFY(home.ok());
    greylag::protocol::EngineSettings settings;
    settings.port = 0;  // any free port
    QVERIFY(
        greylag::write_file_atomic(home->engine_settings(), greylag::protocol::encode(settings)));
    m_engine = std::make_unique<EngineState>(
        *home, qEnvironmentVariable("GREYLAG_BIN") + QStringLiteral("/greylag-engine"));
    m_targets.setEngine(m_engine.get());
    m_engine->open();
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->isConnected() && m_targets.hasUsableModel(), 20'000);
    auto store = ChatStore::open(m_folder.filePath("chats.sqlite"));
    QVERIFY(store.ok());
    m_store = std::move(*store);
    m_session.wire(m_engine.get(), m_store.get(), &m_targets);
    m_session.chooseTarget(QStringLiteral("greylag-mini"));
    m_session.options()->setProperty("temperature", 0.0);
  }

  void theBuiltInModelAnswers() {
    m_before = answerTo(QStringLiteral("What is Greylag?"));
    QVERIFY2(m_before.contains(QStringLiteral("RWKV-7")), qPrintable(m_before));
  }

  void theWizardStartsARunThatFinishes() {
    TrainForm form;
    form.setEngine(m_engine.get());
    QTRY_COMPARE(form.modelId(), QStringLiteral("greylag-mini"));
    form.chooseSample();
    form.goTo(TrainForm::Data);
    form.next();
    QTRY_VERIFY_WITH_TIMEOUT(form.check()->isDone(), 20'000);
    form.setSetting(QStringLiteral("steps"), QString::number(kSteps));
    form.next();
    QTRY_VERIFY_WITH_TIMEOUT(form.plan()->isDone(), 20'000);
    QCOMPARE(form.problem(), QString());
    QSignalSpy started(&form, &TrainForm::started);
    form.start();
    QTRY_COMPARE_WITH_TIMEOUT(started.count(), 1, 20'000);
    m_run = started.first().first().toString();
    m_adapter = QStringLiteral("%1@%2").arg(m_run).arg(kSteps);
    QTRY_VERIFY_WITH_TIMEOUT(hasAdapter(), kPatienceMs);
  }

  void theCheckpointAnswersOtherwise() {
    QVERIFY(hasAdapter());
    m_session.chooseAdapter(m_adapter);
    const QString after = answerTo(QStringLiteral("What is Greylag?"));
    QVERIFY(!after.isEmpty());
    QVERIFY2(after != m_before, qPrintable(after));
  }

  void theConversationSurvivesTheEngine() {
    const int rows = m_session.messages()->count();
    const auto record = greylag::read_text_file(m_engine->home().engine_record(), 4096);
    QVERIFY(record.ok());
    const auto engine = greylag::protocol::decode<greylag::protocol::Handshake>(*record);
    QVERIFY(engine.ok());
    QSignalSpy connectedAgain(m_engine.get(), &EngineState::connected);
    greylag::platform::end_process(engine->pid, true);
    QTRY_COMPARE_WITH_TIMEOUT(connectedAgain.count(), 1, 15'000);
    QVERIFY(!answerTo(QStringLiteral("Hello")).isEmpty());
    QCOMPARE(m_session.messages()->count(), rows + 2);
  }

 private:
  bool hasAdapter() const {
    for (const QVariant& adapter : m_targets.adaptersFor(QStringLiteral("greylag-mini"))) {
      if (adapter.toMap()[QStringLiteral("id")].toString() == m_adapter) return true;
    }
    return false;
  }
  QString answerTo(const QString& question) {
    m_session.send(question);
    const bool isDone = QTest::qWaitFor([this] { return !m_session.isAnswering(); }, 20'000);
    if (!isDone) return {};
    MessageModel* messages = m_session.messages();
    return messages->index(messages->count() - 1).data(MessageModel::TextRole).toString();
  }

  QTemporaryDir m_folder;
  std::unique_ptr<EngineState> m_engine;
  std::unique_ptr<ChatStore> m_store;
  ChatTargets m_targets;
  ChatSession m_session;
  QString m_before, m_run, m_adapter;
};

QTEST_GUILESS_MAIN(FinetuneAndChatTest)
#include "finetune_and_chat_test.moc"
