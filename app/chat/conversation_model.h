// SPDX-License-Identifier: GPL-3.0-or-later
// The list of conversations, newest first, filtered by `search`.
#pragma once

#include <QAbstractListModel>
#include <QPointer>
#include <QQmlEngine>

#include "app/chat/chat_store.h"

class ConversationModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(ChatStore* store READ store WRITE setStore NOTIFY storeChanged REQUIRED)
  Q_PROPERTY(QString search READ search WRITE setSearch NOTIFY searchChanged)
  Q_PROPERTY(int count READ count NOTIFY countChanged)

 public:
  enum Role { IdRole = Qt::UserRole + 1, TitleRole, UpdatedRole };

  using QAbstractListModel::QAbstractListModel;

  ChatStore* store() const { return m_store; }
  void setStore(ChatStore* store);
  QString search() const { return m_search; }
  void setSearch(const QString& search);
  int count() const { return static_cast<int>(m_rows.size()); }

  Q_INVOKABLE void rename(qint64 id, const QString& title);
  Q_INVOKABLE void remove(qint64 id);
  Q_INVOKABLE void restore(qint64 id);
  // The newest conversation other than `except`; 0 when there is none.
  Q_INVOKABLE qint64 newestId(qint64 except = 0) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 signals:
  void storeChanged();
  void searchChanged();
  void countChanged();

 private:
  void refresh();

  QPointer<ChatStore> m_store;
  QString m_search;
  QList<StoredConversation> m_rows;
};
