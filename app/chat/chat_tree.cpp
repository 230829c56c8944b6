// SPDX-License-Identifier: GPL-3.0-or-later
// Messages by id and by parent.
#include "app/chat/chat_tree.h"

void ChatTree::reset(const QList<StoredMessage>& messages) {
  m_messages.clear();
  m_children.clear();
  for (const StoredMessage& message : messages) {
    add(message);
  }
}

void ChatTree::add(const StoredMessage& message) {
  m_messages.insert(message.id, message);
  m_children[message.parent].append(message.id);
}

void ChatTree::update(const StoredMessage& message) { m_messages.insert(message.id, message); }

QList<StoredMessage> ChatTree::path(qint64 leaf) const {
  QList<StoredMessage> found;
  // A damaged file could hold a circle: no path is longer than the number of messages.
  for (qint64 id = leaf; m_messages.contains(id) && found.size() < m_messages.size();
       id = m_messages.value(id).parent) {
    found.prepend(m_messages.value(id));
  }
  return found;
}

QList<qint64> ChatTree::siblings(qint64 id) const {
  return m_children.value(m_messages.value(id).parent);
}

qint64 ChatTree::newestLeaf(qint64 id) const {
  qint64 leaf = id;
  for (qsizetype steps = 0; steps < m_messages.size() && m_children.contains(leaf); ++steps) {
    leaf = m_children.value(leaf).last();
  }
  return leaf;
}
