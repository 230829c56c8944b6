// SPDX-License-Identifier: GPL-3.0-or-later
// The messages of the shown branch as rows. A streaming answer changes its last block and nothing
// else.
#pragma once

#include <QAbstractListModel>
#include <QQmlEngine>
#include <memory>
#include <vector>

#include "app/chat/block_model.h"
#include "app/chat/chat_tree.h"

class MessageModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("made by ChatSession")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

 public:
  enum Role {
    IdRole = Qt::UserRole + 1,
    RoleRole,
    TextRole,
    BlocksRole,
    StateRole,
    ErrorRole,
    ModelRole,
    AdapterRole,
    TokensRole,
    TokensPerSecondRole,
    RoofShareRole,
    FirstTokenMsRole,
    SiblingIndexRole,
    SiblingCountRole
  };

  using QAbstractListModel::QAbstractListModel;

  // Shows the branch that ends at leaf; rows that stay are not rebuilt.
  void showBranch(const ChatTree& tree, qint64 leaf);
  // The message with this id has new text or a new state.
  void update(const StoredMessage& message);

  int count() const { return static_cast<int>(m_rows.size()); }
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 signals:
  void countChanged();

 private:
  struct Row {
    StoredMessage message;
    std::unique_ptr<BlockModel> blocks;
    int siblingIndex = 0;
    int siblingCount = 1;
  };
  static Row makeRow(const ChatTree& tree, const StoredMessage& message);

  std::vector<Row> m_rows;
};
