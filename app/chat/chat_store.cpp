// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite by QtSql. Every value is bound, never pasted into a statement.
#include "app/chat/chat_store.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSqlError>
#include <QSqlQuery>
#include <QStringList>
#include <QUuid>
#include <QVariant>
#include <algorithm>
#include <iterator>
#include <span>

#include "app/app_context.h"

using greylag::Error;
using greylag::ErrorCode;

namespace {

constexpr QLatin1String kSqliteFull("13");  // SQLITE_FULL

double unixTime() { return static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000.0; }

// A LIKE pattern that finds the word itself, whatever characters it has.
QString pattern(QString word) {
  word.replace(QLatin1Char('\\'), QLatin1String("\\\\"));
  word.replace(QLatin1Char('%'), QLatin1String("\\%"));
  word.replace(QLatin1Char('_'), QLatin1String("\\_"));
  return QLatin1Char('%') + word + QLatin1Char('%');
}

// What makes a file of version i + 1 from one of version i, 0 being an empty one.
constexpr const char* kFirstVersion[] = {
    "CREATE TABLE conversation(id INTEGER PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL,"
    " updated REAL NOT NULL, leaf INTEGER NOT NULL DEFAULT 0, options TEXT NOT NULL DEFAULT '{}',"
    " removed REAL)",
    "CREATE TABLE message(id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES"
    " conversation(id) ON DELETE CASCADE, parent INTEGER NOT NULL, role TEXT NOT NULL,"
    " text TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, model TEXT NOT NULL,"
    " tokens INTEGER NOT NULL, tokens_per_second REAL NOT NULL, first_token_ms REAL NOT NULL,"
    " created REAL NOT NULL)",
    "CREATE INDEX message_of_conversation ON message(conversation)", "PRAGMA user_version = 1"};
constexpr const char* kSecondVersion[] = {
    "ALTER TABLE message ADD COLUMN roof_share REAL NOT NULL DEFAULT 0", "PRAGMA user_version = 2"};
constexpr const char* kThirdVersion[] = {
    "ALTER TABLE message ADD COLUMN adapter TEXT NOT NULL DEFAULT ''", "PRAGMA user_version = 3"};
constexpr std::span<const char* const> kVersions[] = {kFirstVersion, kSecondVersion, kThirdVersion};
static_assert(std::size(kVersions) == ChatStore::kSchemaVersion);

}  // namespace

ChatStore::ChatStore(QSqlDatabase database) : m_database(std::move(database)) {}

ChatStore::~ChatStore() {
  const QString name = m_database.connectionName();
  m_database.close();
  m_database = QSqlDatabase();
  QSqlDatabase::removeDatabase(name);
}

greylag::Result<std::unique_ptr<ChatStore>> ChatStore::open(const QString& path) {
  QSqlDatabase database = QSqlDatabase::addDatabase(
      QStringLiteral("QSQLITE"), QUuid::createUuid().toString(QUuid::WithoutBraces));
  database.setDatabaseName(path);
  std::unique_ptr<ChatStore> store(new ChatStore(database));
  if (!database.open()) {
    return Error{ErrorCode::Internal, tr("The file of your chats cannot be opened: %1")
                                          .arg(database.lastError().databaseText())
                                          .toStdString()};
  }
  if (const greylag::Status status = store->prepare(); !status.ok()) {
    return status.error();
  }
  return store;
}

ChatStore* ChatStore::create(QQmlEngine* engine, QJSEngine* /*script*/) {
  return AppContext::of(engine)->shared(AppContext::of(engine)->chats());
}

greylag::Status ChatStore::prepare() {
  QSqlQuery query(m_database);
  const auto fail = [&query] {
    return Error{ErrorCode::BadFile, tr("The file of your chats cannot be read: %1")
                                         .arg(query.lastError().databaseText())
                                         .toStdString()};
  };
  if (!query.exec(QStringLiteral("PRAGMA journal_mode = WAL")) ||
      !query.exec(QStringLiteral("PRAGMA synchronous = NORMAL")) ||
      !query.exec(QStringLiteral("PRAGMA foreign_keys = ON")) ||
      !query.exec(QStringLiteral("PRAGMA user_version")) || !query.next()) {
    return fail();
  }
  const int version = query.value(0).toInt();
  query.finish();
  if (version > kSchemaVersion) {
    return Error{ErrorCode::BadFile,
                 tr("Your chats were written by a later version of Greylag. Update the program.")
                     .toStdString()};
  }
  for (int next = std::max(version, 0); next < kSchemaVersion; ++next) {
    m_database.transaction();
    for (const char* statement : kVersions[next]) {
      if (!query.exec(QString::fromLatin1(statement))) {
        const Error error = fail();
        m_database.rollback();
        return error;
      }
    }
    m_database.commit();
  }
  if (!query.exec(
          QStringLiteral("UPDATE message SET state = 'interrupted' WHERE state = 'streaming'")) ||
      !query.exec(QStringLiteral("DELETE FROM conversation WHERE removed IS NOT NULL"))) {
    return fail();
  }
  return {};
}

bool ChatStore::run(QSqlQuery& query) {
  if (query.exec()) {
    return true;
  }
  report(query.lastError());
  return false;
}

void ChatStore::report(const QSqlError& error) {
  emit failed(error.nativeErrorCode() == kSqliteFull
                  ? tr("The disk is full, so the chat cannot be saved. Make some room, then try "
                       "again.")
                  : tr("The chat could not be saved: %1").arg(error.databaseText()));
}

bool ChatStore::atOnce(const std::function<bool()>& change) {
  if (!m_database.transaction()) {
    report(m_database.lastError());
    return false;
  }
  if (!change()) {
    m_database.rollback();
    emit conversationsChanged();
    return false;
  }
  if (m_database.commit()) {
    return true;
  }
  report(m_database.lastError());
  m_database.rollback();
  emit conversationsChanged();
  return false;
}

QByteArray ChatStore::lastOptions() {
  QSqlQuery query(m_database);
  query.prepare(
      QStringLiteral("SELECT options FROM conversation WHERE removed IS NULL"
                     " ORDER BY updated DESC, id DESC LIMIT 1"));
  return run(query) && query.next() ? query.value(0).toByteArray() : QByteArray();
}

qint64 ChatStore::insert(QSqlQuery& query) {
  return run(query) ? query.lastInsertId().toLongLong() : 0;
}

QList<StoredConversation> ChatStore::conversations(const QString& search) {
  const QStringList words = search.split(QLatin1Char(' '), Qt::SkipEmptyParts);
  QString statement = QStringLiteral(
      "SELECT id, title, updated, leaf, options FROM conversation c WHERE removed IS NULL");
  for (qsizetype i = 0; i < words.size(); ++i) {
    statement += QStringLiteral(
        " AND (title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM message m WHERE"
        " m.conversation = c.id AND m.text LIKE ? ESCAPE '\\'))");
  }
  statement += QStringLiteral(" ORDER BY updated DESC, id DESC");
  QSqlQuery query(m_database);
  query.prepare(statement);
  for (const QString& word : words) {
    query.addBindValue(pattern(word));
    query.addBindValue(pattern(word));
  }
  QList<StoredConversation> found;
  if (!run(query)) {
    return found;
  }
  while (query.next()) {
    found.append({query.value(0).toLongLong(), query.value(1).toString(), query.value(2).toDouble(),
                  query.value(3).toLongLong(), query.value(4).toByteArray()});
  }
  return found;
}

StoredConversation ChatStore::conversation(qint64 id) {
  QSqlQuery query(m_database);
  query.prepare(
      QStringLiteral("SELECT id, title, updated, leaf, options FROM conversation WHERE id = ?"));
  query.addBindValue(id);
  if (!run(query) || !query.next()) {
    return {};
  }
  return {query.value(0).toLongLong(), query.value(1).toString(), query.value(2).toDouble(),
          query.value(3).toLongLong(), query.value(4).toByteArray()};
}

QList<StoredMessage> ChatStore::messages(qint64 conversation) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral(
      "SELECT id, parent, role, text, state, error, model, tokens, tokens_per_second,"
      " first_token_ms, created, roof_share, adapter FROM message WHERE conversation = ?"
      " ORDER BY id"));
  query.addBindValue(conversation);
  QList<StoredMessage> found;
  if (!run(query)) {
    return found;
  }
  while (query.next()) {
    StoredMessage message;
    message.id = query.value(0).toLongLong();
    message.parent = query.value(1).toLongLong();
    message.role = query.value(2).toString();
    message.text = query.value(3).toString();
    message.state = query.value(4).toString();
    message.error = query.value(5).toString();
    message.model = query.value(6).toString();
    message.tokens = query.value(7).toInt();
    message.tokensPerSecond = query.value(8).toDouble();
    message.firstTokenMs = query.value(9).toDouble();
    message.created = query.value(10).toDouble();
    message.roofShare = query.value(11).toDouble();
    message.adapter = query.value(12).toString();
    found.append(message);
  }
  return found;
}

QString ChatStore::lastTarget() {
  return QJsonDocument::fromJson(lastOptions()).object().value(QLatin1String("target")).toString();
}

qint64 ChatStore::addConversation(const QString& title, const QByteArray& options) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral(
      "INSERT INTO conversation(title, created, updated, options) VALUES(?, ?, ?, ?)"));
  const double now = unixTime();
  query.addBindValue(title);
  query.addBindValue(now);
  query.addBindValue(now);
  query.addBindValue(QString::fromUtf8(options));
  const qint64 id = insert(query);
  emit conversationsChanged();
  return id;
}

void ChatStore::rename(qint64 id, const QString& title) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral("UPDATE conversation SET title = ? WHERE id = ?"));
  query.addBindValue(title);
  query.addBindValue(id);
  run(query);
  emit conversationsChanged();
}

bool ChatStore::setLeaf(qint64 id, qint64 leaf) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral("UPDATE conversation SET leaf = ?, updated = ? WHERE id = ?"));
  query.addBindValue(leaf);
  query.addBindValue(unixTime());
  query.addBindValue(id);
  const bool isSaved = run(query);
  emit conversationsChanged();
  return isSaved;
}

void ChatStore::setOptions(qint64 id, const QByteArray& options) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral("UPDATE conversation SET options = ? WHERE id = ?"));
  query.addBindValue(QString::fromUtf8(options));
  query.addBindValue(id);
  run(query);
}

void ChatStore::remove(qint64 id) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral("UPDATE conversation SET removed = ? WHERE id = ?"));
  query.addBindValue(unixTime());
  query.addBindValue(id);
  run(query);
  emit conversationsChanged();
}

void ChatStore::restore(qint64 id) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral("UPDATE conversation SET removed = NULL WHERE id = ?"));
  query.addBindValue(id);
  run(query);
  emit conversationsChanged();
}

qint64 ChatStore::addMessage(qint64 conversation, const StoredMessage& message) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral(
      "INSERT INTO message(conversation, parent, role, text, state, error, model, tokens,"
      " tokens_per_second, first_token_ms, created, roof_share, adapter)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  query.addBindValue(conversation);
  query.addBindValue(message.parent);
  query.addBindValue(message.role);
  query.addBindValue(message.text.isNull() ? QStringLiteral("") : message.text);
  query.addBindValue(message.state);
  query.addBindValue(message.error.isNull() ? QStringLiteral("") : message.error);
  query.addBindValue(message.model.isNull() ? QStringLiteral("") : message.model);
  query.addBindValue(message.tokens);
  query.addBindValue(message.tokensPerSecond);
  query.addBindValue(message.firstTokenMs);
  query.addBindValue(message.created > 0 ? message.created : unixTime());
  query.addBindValue(message.roofShare);
  query.addBindValue(message.adapter.isNull() ? QStringLiteral("") : message.adapter);
  return insert(query);
}

bool ChatStore::updateMessage(const StoredMessage& message) {
  QSqlQuery query(m_database);
  query.prepare(QStringLiteral(
      "UPDATE message SET text = ?, state = ?, error = ?, tokens = ?, tokens_per_second = ?,"
      " first_token_ms = ?, roof_share = ? WHERE id = ?"));
  query.addBindValue(message.text.isNull() ? QStringLiteral("") : message.text);
  query.addBindValue(message.state);
  query.addBindValue(message.error.isNull() ? QStringLiteral("") : message.error);
  query.addBindValue(message.tokens);
  query.addBindValue(message.tokensPerSecond);
  query.addBindValue(message.firstTokenMs);
  query.addBindValue(message.roofShare);
  query.addBindValue(message.id);
  return run(query);
}
