// SPDX-License-Identifier: GPL-3.0-or-later
// A conversation with the fake engine: stream, stop, branch, break off, go on.
#include "app/chat/chat_session.h"

#include <QAbstractItemModelTester>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/file.h"
#include "tests/support/fake_engine.h"

class ChatSessionTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_fake = std::make_unique<FakeEngine>();
    QVERIFY(m_fake->listen());
    m_fake->writeRecord(m_folder->path());
    const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder->path().toStdString()));
    m_engine = std::make_unique<EngineState>(*home, "/does/not/exist");
    auto store = ChatStore::open(m_folder->filePath("chats.sqlite"));
    m_store = std::move(*store);
    m_targets = std::make_unique<ChatTargets>();
    m_targets->setEngine(m_engine.get());
    m_engine->open();
    QTRY_VERIFY(m_targets->isKnown() && !m_targets->targets().isEmpty());
    m_session = std::make_unique<ChatSession>();
    m_session->wire(m_engine.get(), m_store.get(), m_targets.get());
    m_session->chooseTarget("greylag-tiny");
  }

  void cleanup() {
    m_session.reset();
    m_targets.reset();
    m_engine.reset();
    m_fake.reset();
    m_store.reset();
  }

  void streamsAnAnswerIntoRowsAndStore() {
    const QAbstractItemModelTester tester(m_session->messages());
    m_session->send("  Hello there  ");
    QVERIFY(m_session->isAnswering());
    QTRY_VERIFY(!m_session->isAnswering());
    QCOMPARE(m_session->messages()->count(), 2);
    QCOMPARE(text(0), QStringLiteral("Hello there"));
    QCOMPARE(text(1), QStringLiteral("Hello from the fake engine."));
    QCOMPARE(state(1), QStringLiteral("complete"));
    QCOMPARE(value(1, MessageModel::TokensRole).toInt(), 5);
    QVERIFY(value(1, MessageModel::FirstTokenMsRole).toDouble() > 0);
    QCOMPARE(value(1, MessageModel::RoofShareRole).toDouble(), 0.72);
    QCOMPARE(m_session->title(), QStringLiteral("Hello there"));
    const auto stored = m_store->messages(m_session->conversationId());
    QCOMPARE(stored.size(), 2);
    QCOMPARE(stored[1].text, text(1));
    QCOMPARE(stored[1].model, QStringLiteral("greylag-tiny"));
    QCOMPARE(stored[1].roofShare, 0.72);
  }

  void sendsTheWholeConversationAndTheOptions() {
    m_session->options()->setProperty("systemPrompt", "Be brief.");
    m_session->options()->setProperty("temperature", 0.25);
    ask("one");
    ask("two");
    const QJsonObject body = lastBody();
    const QJsonArray turns = body["messages"].toArray();
    QCOMPARE(turns.size(), 4);
    QCOMPARE(turns[0].toObject()["role"].toString(), QStringLiteral("system"));
    QCOMPARE(turns[3].toObject()["content"].toString(), QStringLiteral("two"));
    QCOMPARE(body["temperature"].toDouble(), 0.25);
    QCOMPARE(body["model"].toString(), QStringLiteral("greylag-tiny"));
    QVERIFY(!body.contains("seed"));
  }

  void keepsWhatArrivedWhenStopped() {
    m_fake->pieces = QStringList(500, "word ");
    m_fake->pieceDelayMs = 4;
    m_session->send("go");
    QTRY_VERIFY(text(1).size() > 20);
    m_session->stop();
    QVERIFY(!m_session->isAnswering());
    QCOMPARE(state(1), QStringLiteral("stopped"));
    QCOMPARE(m_store->messages(m_session->conversationId())[1].text, text(1));
    QTRY_COMPARE(m_fake->closedStreams, 1);
  }

  void keepsAPartialAnswerWhenTheEngineDiesAndGoesOn() {
    m_fake->breakAfter = 2;
    m_fake->pieceDelayMs = 2;
    ask("hello");
    QCOMPARE(state(1), QStringLiteral("interrupted"));
    QCOMPARE(text(1), QStringLiteral("Hello from"));
    m_fake->breakAfter = -1;
    m_fake->pieces = {" somewhere", " else."};
    m_session->resume(id(1));
    QTRY_VERIFY(!m_session->isAnswering());
    QCOMPARE(text(1), QStringLiteral("Hello from somewhere else."));
    QCOMPARE(state(1), QStringLiteral("complete"));
    const QJsonArray turns = lastBody()["messages"].toArray();
    QCOMPARE(turns.last().toObject()["content"].toString(), QStringLiteral("Hello from"));
  }

  void saysWhyTheEngineRefused() {
    m_session->options()->setProperty("target", "unknown");
    QSignalSpy failed(m_session.get(), &ChatSession::answerFailed);
    ask("hello");
    QCOMPARE(failed.count(), 1);
    QCOMPARE(state(1), QStringLiteral("failed"));
    QCOMPARE(value(1, MessageModel::ErrorRole).toString(),
             QStringLiteral("The model is not installed."));
    m_session->chooseTarget("greylag-tiny");
    m_session->regenerate(id(1));
    QTRY_VERIFY(!m_session->isAnswering());
    QCOMPARE(state(1), QStringLiteral("complete"));
  }

  void keepsEveryVersionOfAnAnswerAndOfAQuestion() {
    ask("first");
    m_fake->pieces = {"another"};
    m_session->regenerate(id(1));
    QTRY_VERIFY(!m_session->isAnswering());
    QCOMPARE(text(1), QStringLiteral("another"));
    QCOMPARE(value(1, MessageModel::SiblingCountRole).toInt(), 2);
    m_session->switchBranch(id(1), -1);
    QCOMPARE(text(1), QStringLiteral("Hello from the fake engine."));
    m_session->editQuestion(id(0), "changed");
    QTRY_VERIFY(!m_session->isAnswering());
    QCOMPARE(text(0), QStringLiteral("changed"));
    m_session->switchBranch(id(0), -1);
    QCOMPARE(text(0), QStringLiteral("first"));
    QCOMPARE(m_store->messages(m_session->conversationId()).size(), 5);
  }

  void takesEverythingThatAConfigurationDecides() {
    m_session->chooseTarget("Patient helper");
    ask("hello");
    const QJsonObject body = lastBody();
    QCOMPARE(body["model"].toString(), QStringLiteral("Patient helper"));
    QCOMPARE(body["adapter"].toString(), QStringLiteral("questions@150"));
    QCOMPARE(body["temperature"].toDouble(), 0.7);
  }

  void saysHowMuchAReasoningCoreCounts() {
    ask("without");
    QVERIFY(!lastBody().contains("hrm_strength") && !lastBody().contains("hrm_effort"));
    QCOMPARE(m_session->coreCycles(), 0);
    m_session->chooseAdapter("riddles@200");
    QCOMPARE(m_session->coreCycles(), 3);
    ask("with");
    QCOMPARE(lastBody()["adapter"].toString(), QStringLiteral("riddles@200"));
    QCOMPARE(lastBody()["hrm_strength"].toDouble(), 1.0);
    QCOMPARE(lastBody()["hrm_effort"].toInt(), 3);  // all, until it is changed
    m_session->options()->setProperty("hrmStrength", 0.4);
    m_session->options()->setProperty("hrmEffort", 1);
    ask("less");
    QCOMPARE(lastBody()["hrm_strength"].toDouble(), 0.4);
    QCOMPARE(lastBody()["hrm_effort"].toInt(), 1);
    const qint64 conversation = m_session->conversationId();
    m_session->startNew();
    m_session->options()->resetSampler();
    m_session->open(conversation);
    QCOMPARE(m_session->options()->property("hrmStrength").toDouble(), 0.4);
    QCOMPARE(m_session->options()->property("hrmEffort").toInt(), 1);
    m_session->chooseAdapter("questions@150");
    QCOMPARE(m_session->coreCycles(), 0);
  }

  void namesWhatAnAdapterIs() {
    QStringList notes;
    for (const QVariant& row : m_targets->adaptersFor("greylag-tiny")) {
      notes.append(row.toMap()["note"].toString());
    }
    QVERIFY(notes.contains("LoRA, rank 16"));
    QVERIFY2(notes.last().startsWith("HRM reasoning core, 3 cycle"), qPrintable(notes.last()));
  }

  void opensAStoredConversationAsItWas() {
    m_session->options()->setProperty("topK", 7);
    ask("remember me");
    const qint64 conversation = m_session->conversationId();
    m_session->startNew();
    QCOMPARE(m_session->messages()->count(), 0);
    m_session->options()->setProperty("topK", 9);
    m_session->open(conversation);
    QCOMPARE(m_session->messages()->count(), 2);
    QCOMPARE(m_session->options()->property("topK").toInt(), 7);
  }

 private:
  QVariant value(int row, int role) const {
    const MessageModel* model = m_session->messages();
    return model->data(model->index(row), role);
  }
  QString text(int row) const { return value(row, MessageModel::TextRole).toString(); }
  QString state(int row) const { return value(row, MessageModel::StateRole).toString(); }
  qint64 id(int row) const { return value(row, MessageModel::IdRole).toLongLong(); }
  QJsonObject lastBody() const {
    for (auto it = m_fake->requests.rbegin(); it != m_fake->requests.rend(); ++it) {
      if (it->path == "/v1/chat/completions") {
        return QJsonDocument::fromJson(it->body).object();
      }
    }
    return {};
  }
  void ask(const QString& question) {
    m_session->send(question);
    QTRY_VERIFY(!m_session->isAnswering());
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<FakeEngine> m_fake;
  std::unique_ptr<EngineState> m_engine;
  std::unique_ptr<ChatStore> m_store;
  std::unique_ptr<ChatTargets> m_targets;
  std::unique_ptr<ChatSession> m_session;
};

QTEST_GUILESS_MAIN(ChatSessionTest)
#include "chat_session_test.moc"
