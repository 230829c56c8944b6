// SPDX-License-Identifier: GPL-3.0-or-later
// Follows the store: rows are moved, inserted and removed rather than reset, so that the list does
// not jump while an answer is written.
#include "app/chat/conversation_model.h"

#include <algorithm>

void ConversationModel::setStore(ChatStore* store) {
  if (m_store == store) {
    return;
  }
  m_store = store;
  connect(store, &ChatStore::conversationsChanged, this, &ConversationModel::refresh);
  emit storeChanged();
  refresh();
}

void ConversationModel::setSearch(const QString& search) {
  if (m_search != search) {
    m_search = search;
    emit searchChanged();
    refresh();
  }
}

void ConversationModel::rename(qint64 id, const QString& title) {
  if (m_store && !title.trimmed().isEmpty()) {
    m_store->rename(id, title.trimmed());
  }
}

void ConversationModel::remove(qint64 id) {
  if (m_store) {
    m_store->remove(id);
  }
}

void ConversationModel::restore(qint64 id) {
  if (m_store) {
    m_store->restore(id);
  }
}

qint64 ConversationModel::newestId(qint64 except) const {
  for (const StoredConversation& row : m_rows) {
    if (row.id != except) {
      return row.id;
    }
  }
  return 0;
}

void ConversationModel::refresh() {
  if (!m_store) {
    return;
  }
  const QList<StoredConversation> fresh = m_store->conversations(m_search);
  for (int i = count() - 1; i >= 0; --i) {
    const bool stays = std::any_of(fresh.begin(), fresh.end(), [&](const StoredConversation& row) {
      return row.id == m_rows[i].id;
    });
    if (!stays) {
      beginRemoveRows({}, i, i);
      m_rows.removeAt(i);
      endRemoveRows();
    }
  }
  for (int i = 0; i < fresh.size(); ++i) {
    int at = i;
    while (at < count() && m_rows[at].id != fresh[i].id) {
      ++at;
    }
    if (at >= count()) {
      beginInsertRows({}, i, i);
      m_rows.insert(i, fresh[i]);
      endInsertRows();
      continue;
    }
    if (at != i) {
      beginMoveRows({}, at, at, {}, i);
      m_rows.move(at, i);
      endMoveRows();
    }
    m_rows[i] = fresh[i];
    emit dataChanged(index(i), index(i));
  }
  emit countChanged();
}

int ConversationModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const StoredConversation& row = m_rows[index.row()];
  switch (role) {
    case IdRole:
      return row.id;
    case TitleRole:
      return row.title;
    case UpdatedRole:
      return row.updated;
    default:
      return {};
  }
}

QHash<int, QByteArray> ConversationModel::roleNames() const {
  return {{IdRole, "conversationId"}, {TitleRole, "title"}, {UpdatedRole, "updated"}};
}
