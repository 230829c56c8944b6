// SPDX-License-Identifier: GPL-3.0-or-later
// Where do conversations live? HOME/chats.sqlite (WAL), written as things happen, so that a crash
// costs at most the last quarter second of a streaming answer. Messages form a tree: an edited
// question or a second answer is a sibling, nothing is overwritten. GUI thread only; a failed write
// is reported by failed() and the conversation goes on in memory.
#pragma once

#include <QList>
#include <QObject>
#include <QQmlEngine>
#include <QSqlDatabase>
#include <QString>
#include <functional>
#include <memory>

#include "core/base/result.h"

struct StoredMessage {
  qint64 id = 0;
  qint64 parent = 0;  // 0: first message of the conversation
  QString role;       // "user" | "assistant"
  QString text;
  QString state;    // "streaming" | "complete" | "length" | "stopped" | "interrupted" | "failed"
  QString error;    // one sentence when it failed
  QString model;    // what answered: a model or a configuration
  QString adapter;  // or tuned state, that it answered with; empty: none
  int tokens = 0;
  double tokensPerSecond = 0;
  double roofShare = 0;  // of what the machine's memory allows; 0 = unknown
  double firstTokenMs = 0;
  double created = 0;  // Unix time
};

struct StoredConversation {
  qint64 id = 0;
  QString title;
  double updated = 0;
  qint64 leaf = 0;     // the message at the end of the branch that is shown
  QByteArray options;  // JSON of ChatOptions
};

class ChatStore : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_SINGLETON
  // Who answers the conversation that was changed last; empty when there is none.
  Q_PROPERTY(QString lastTarget READ lastTarget NOTIFY conversationsChanged)

 public:
  static constexpr int kSchemaVersion = 3;

  ~ChatStore() override;
  // Creates the file when needed, and brings one of an earlier version up to date. Answers that
  // were streaming when the program died become "interrupted"; conversations whose deletion was not
  // undone are removed. Errors: BadFile (not a database, or of a later version), Internal.
  static greylag::Result<std::unique_ptr<ChatStore>> open(const QString& path);
  static ChatStore* create(QQmlEngine* engine, QJSEngine* script);

  // Newest first; search: every word must occur in the title or in a message.
  QList<StoredConversation> conversations(const QString& search = {});
  StoredConversation conversation(qint64 id);
  QList<StoredMessage> messages(qint64 conversation);

  // Several changes, all or none: `change` says false, or a write inside fails, and nothing was
  // changed. Returns whether it was.
  bool atOnce(const std::function<bool()>& change);

  // Options of the conversation that was changed last; empty when there is none.
  QByteArray lastOptions();
  QString lastTarget();

  // Ids of rows; 0 when the write failed.
  qint64 addConversation(const QString& title, const QByteArray& options);
  void rename(qint64 id, const QString& title);
  bool setLeaf(qint64 id, qint64 leaf);
  void setOptions(qint64 id, const QByteArray& options);
  // Hides it; it is gone at the next start unless restore() is called.
  void remove(qint64 id);
  void restore(qint64 id);

  qint64 addMessage(qint64 conversation, const StoredMessage& message);
  bool updateMessage(const StoredMessage& message);

 signals:
  void conversationsChanged();
  void failed(const QString& reason);

 private:
  explicit ChatStore(QSqlDatabase database);
  greylag::Status prepare();
  bool run(class QSqlQuery& query);
  void report(const class QSqlError& error);
  qint64 insert(QSqlQuery& query);

  QSqlDatabase m_database;
};
