// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the common beginning of two branches, replaces the rest.
#include "app/chat/message_model.h"

namespace {
bool isFinished(const StoredMessage& message) {
  return message.state != QLatin1String("streaming");
}
}  // namespace

MessageModel::Row MessageModel::makeRow(const ChatTree& tree, const StoredMessage& message) {
  Row row;
  row.message = message;
  row.blocks = std::make_unique<BlockModel>();
  row.blocks->setText(message.text, isFinished(message));
  QJSEngine::setObjectOwnership(row.blocks.get(), QJSEngine::CppOwnership);
  const QList<qint64> siblings = tree.siblings(message.id);
  row.siblingIndex = static_cast<int>(siblings.indexOf(message.id));
  row.siblingCount = static_cast<int>(siblings.size());
  return row;
}

void MessageModel::showBranch(const ChatTree& tree, qint64 leaf) {
  const QList<StoredMessage> path = tree.path(leaf);
  int same = 0;
  while (same < count() && same < path.size() &&
         m_rows[static_cast<size_t>(same)].message.id == path[same].id &&
         m_rows[static_cast<size_t>(same)].siblingCount ==
             static_cast<int>(tree.siblings(path[same].id).size())) {
    ++same;
  }
  if (same < count()) {
    beginRemoveRows({}, same, count() - 1);
    m_rows.resize(static_cast<size_t>(same));
    endRemoveRows();
  }
  if (same < path.size()) {
    beginInsertRows({}, same, static_cast<int>(path.size()) - 1);
    for (qsizetype i = same; i < path.size(); ++i) {
      m_rows.push_back(makeRow(tree, path[i]));
    }
    endInsertRows();
  }
  emit countChanged();
}

void MessageModel::update(const StoredMessage& message) {
  for (int i = count() - 1; i >= 0; --i) {
    Row& row = m_rows[static_cast<size_t>(i)];
    if (row.message.id != message.id) {
      continue;
    }
    const bool isSameState = row.message.state == message.state;
    row.message = message;
    row.blocks->setText(message.text, isFinished(message));
    const QList<int> roles = isSameState ? QList<int>{TextRole, TokensRole, TokensPerSecondRole,
                                                      RoofShareRole, FirstTokenMsRole}
                                         : QList<int>{};
    emit dataChanged(index(i), index(i), roles);
    return;
  }
}

int MessageModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant MessageModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const Row& row = m_rows[static_cast<size_t>(index.row())];
  switch (role) {
    case IdRole:
      return row.message.id;
    case RoleRole:
      return row.message.role;
    case TextRole:
      return row.message.text;
    case BlocksRole:
      return QVariant::fromValue(row.blocks.get());
    case StateRole:
      return row.message.state;
    case ErrorRole:
      return row.message.error;
    case ModelRole:
      return row.message.model;
    case AdapterRole:
      return row.message.adapter;
    case TokensRole:
      return row.message.tokens;
    case TokensPerSecondRole:
      return row.message.tokensPerSecond;
    case RoofShareRole:
      return row.message.roofShare;
    case FirstTokenMsRole:
      return row.message.firstTokenMs;
    case SiblingIndexRole:
      return row.siblingIndex;
    case SiblingCountRole:
      return row.siblingCount;
    default:
      return {};
  }
}

QHash<int, QByteArray> MessageModel::roleNames() const {
  return {{IdRole, "messageId"},
          {RoleRole, "role"},
          {TextRole, "messageText"},
          {BlocksRole, "blocks"},
          {StateRole, "messageState"},
          {ErrorRole, "errorText"},
          {ModelRole, "modelName"},
          {AdapterRole, "adapterName"},
          {TokensRole, "tokens"},
          {TokensPerSecondRole, "tokensPerSecond"},
          {RoofShareRole, "roofShare"},
          {FirstTokenMsRole, "firstTokenMs"},
          {SiblingIndexRole, "siblingIndex"},
          {SiblingCountRole, "siblingCount"}};
}
