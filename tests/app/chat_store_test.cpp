// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations on the disk.
#include "app/chat/chat_store.h"

#include <QFile>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

namespace {

std::unique_ptr<ChatStore> openStore(const QTemporaryDir& folder) {
  auto store = ChatStore::open(folder.filePath(QStringLiteral("chats.sqlite")));
  return store.ok() ? std::move(*store) : nullptr;
}

StoredMessage message(const QString& role, const QString& text, const QString& state,
                      qint64 parent) {
  StoredMessage made;
  made.role = role;
  made.text = text;
  made.state = state;
  made.parent = parent;
  return made;
}

}  // namespace

class ChatStoreTest : public QObject {
  Q_OBJECT

 private slots:
  void keepsConversationsAndMessages() {
    const QTemporaryDir folder;
    qint64 id = 0;
    {
      auto store = openStore(folder);
      id = store->addConversation(QStringLiteral("Über Gänse"), "{\"topP\":0.3}");
      const qint64 question =
          store->addMessage(id, message("user", QStringLiteral("Wer? 🪿"), "complete", 0));
      store->setLeaf(id, store->addMessage(id, message("assistant", "Die.", "complete", question)));
    }
    auto store = openStore(folder);
    QCOMPARE(store->conversations().size(), 1);
    QCOMPARE(store->conversation(id).title, QStringLiteral("Über Gänse"));
    QCOMPARE(store->conversation(id).options, QByteArray("{\"topP\":0.3}"));
    const auto messages = store->messages(id);
    QCOMPARE(messages.size(), 2);
    QCOMPARE(messages[0].text, QStringLiteral("Wer? 🪿"));
    QCOMPARE(messages[1].parent, messages[0].id);
    QCOMPARE(store->conversation(id).leaf, messages[1].id);
  }

  void keepsThePartOfAnAnswerThatHadArrivedWhenTheProgramDied() {
    const QTemporaryDir folder;
    auto store = openStore(folder);
    const qint64 id = store->addConversation(QStringLiteral("a"), "{}");
    StoredMessage answer = message("assistant", {}, "streaming", 0);
    answer.id = store->addMessage(id, answer);
    answer.text = QStringLiteral("half an ans");
    store->updateMessage(answer);
    // A copy of the files as they are now is what a killed process leaves behind.
    const QTemporaryDir copy;
    for (const char* name : {"chats.sqlite", "chats.sqlite-wal", "chats.sqlite-shm"}) {
      QFile::copy(folder.filePath(QString::fromLatin1(name)),
                  copy.filePath(QString::fromLatin1(name)));
    }
    auto after = openStore(copy);
    QVERIFY(after);
    const auto messages = after->messages(id);
    QCOMPARE(messages.size(), 1);
    QCOMPARE(messages[0].text, QStringLiteral("half an ans"));
    QCOMPARE(messages[0].state, QStringLiteral("interrupted"));
  }

  void findsWordsInTitlesAndMessagesLiterally() {
    const QTemporaryDir folder;
    auto store = openStore(folder);
    const qint64 first = store->addConversation(QStringLiteral("Geese and ducks"), "{}");
    const qint64 second = store->addConversation(QStringLiteral("Other"), "{}");
    store->addMessage(second, message("user", QStringLiteral("100% of geese_fly"), "complete", 0));
    QCOMPARE(store->conversations(QStringLiteral("geese")).size(), 2);
    QCOMPARE(store->conversations(QStringLiteral("ducks geese")).first().id, first);
    QCOMPARE(store->conversations(QStringLiteral("100%")).first().id, second);
    QCOMPARE(store->conversations(QStringLiteral("e_f")).size(), 1);
    QCOMPARE(store->conversations(QStringLiteral("'; DROP TABLE message; --")).size(), 0);
  }

  void bringsADeletedConversationBackUntilTheNextStart() {
    const QTemporaryDir folder;
    qint64 kept = 0;
    {
      auto store = openStore(folder);
      kept = store->addConversation(QStringLiteral("kept"), "{}");
      const qint64 gone = store->addConversation(QStringLiteral("gone"), "{}");
      store->remove(kept);
      store->restore(kept);
      store->remove(gone);
      QCOMPARE(store->conversations().size(), 1);
    }
    auto store = openStore(folder);
    QCOMPARE(store->conversations().size(), 1);
    QCOMPARE(store->conversations().first().id, kept);
  }

  void bringsAFileOfTheFirstVersionUpToDate() {
    const QTemporaryDir folder;
    {
      QSqlDatabase raw = QSqlDatabase::addDatabase("QSQLITE", "raw");
      raw.setDatabaseName(folder.filePath("chats.sqlite"));
      QVERIFY(raw.open());
      QSqlQuery query(raw);
      for (const char* statement :
           {"CREATE TABLE conversation(id INTEGER PRIMARY KEY, title TEXT NOT NULL, created REAL "
            "NOT"
            " NULL, updated REAL NOT NULL, leaf INTEGER NOT NULL DEFAULT 0, options TEXT NOT NULL"
            " DEFAULT '{}', removed REAL)",
            "CREATE TABLE message(id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES"
            " conversation(id) ON DELETE CASCADE, parent INTEGER NOT NULL, role TEXT NOT NULL,"
            " text TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, model TEXT NOT NULL,"
            " tokens INTEGER NOT NULL, tokens_per_second REAL NOT NULL, first_token_ms REAL NOT"
            " NULL, created REAL NOT NULL)",
            "INSERT INTO conversation(id, title, created, updated) VALUES(1, 'old', 1, 1)",
            "INSERT INTO message VALUES(1, 1, 0, 'assistant', 'kept', 'complete', '', 'm', 3, 41.5,"
            " 7, 1)",
            "PRAGMA user_version = 1"}) {
        QVERIFY2(query.exec(statement), statement);
      }
    }
    QSqlDatabase::removeDatabase("raw");
    for (const double share : {0.0, 0.72}) {  // the second time as it was left
      auto store = openStore(folder);
      QVERIFY(store);
      auto messages = store->messages(1);
      QCOMPARE(messages.size(), 1);
      QCOMPARE(messages[0].text, QStringLiteral("kept"));
      QCOMPARE(messages[0].tokensPerSecond, 41.5);
      QCOMPARE(messages[0].roofShare, share);
      messages[0].roofShare = 0.72;
      store->updateMessage(messages[0]);
      messages[0].roofShare = 0.5;
      messages[0].id = store->addMessage(store->addConversation("other", "{}"), messages[0]);
      QCOMPARE(store->messages(store->conversations().first().id)[0].roofShare, 0.5);
    }
  }

  void refusesAFileOfALaterVersionAndAFileThatIsNoDatabase() {
    const QTemporaryDir folder;
    {
      auto store = openStore(folder);
      QVERIFY(store);
    }
    {
      QSqlDatabase raw = QSqlDatabase::addDatabase("QSQLITE", "raw");
      raw.setDatabaseName(folder.filePath("chats.sqlite"));
      QVERIFY(raw.open());
      QSqlQuery query(raw);
      QVERIFY(query.exec("PRAGMA user_version = 99"));
    }
    QSqlDatabase::removeDatabase("raw");
    auto later = ChatStore::open(folder.filePath("chats.sqlite"));
    QVERIFY(!later.ok());
    QVERIFY(later.error().message.find("later version") != std::string::npos);
    QFile file(folder.filePath("text.sqlite"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(4096, 'x'));
    file.close();
    QVERIFY(!ChatStore::open(folder.filePath("text.sqlite")).ok());
  }
};

QTEST_GUILESS_MAIN(ChatStoreTest)
#include "chat_store_test.moc"
