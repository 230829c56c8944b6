// SPDX-License-Identifier: GPL-3.0-or-later
// Which messages are shown when a conversation has branches? The path from the root to a leaf; the
// siblings of a message are its other versions. Knows nothing of files or windows.
#pragma once

#include <QHash>
#include <QList>

#include "app/chat/chat_store.h"

class ChatTree {
 public:
  void reset(const QList<StoredMessage>& messages);
  void add(const StoredMessage& message);
  void update(const StoredMessage& message);

  bool contains(qint64 id) const { return m_messages.contains(id); }
  StoredMessage message(qint64 id) const { return m_messages.value(id); }
  // From the first message to leaf; empty for leaf 0.
  QList<StoredMessage> path(qint64 leaf) const;
  // Ids with the same parent, oldest first, the message itself included.
  QList<qint64> siblings(qint64 id) const;
  // The end of the newest branch that goes through id.
  qint64 newestLeaf(qint64 id) const;

 private:
  QHash<qint64, StoredMessage> m_messages;
  QHash<qint64, QList<qint64>> m_children;
};
