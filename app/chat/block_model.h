// SPDX-License-Identifier: GPL-3.0-or-later
// The blocks of one answer as rows, so that a new token changes the last row only.
#pragma once

#include <QAbstractListModel>
#include <QQmlEngine>

#include "app/chat/block_splitter.h"

class BlockModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("made by MessageModel")

 public:
  enum Role { KindRole = Qt::UserRole + 1, LanguageRole, SourceRole, MarkdownRole, IsOpenRole };

  using QAbstractListModel::QAbstractListModel;

  // Shows text; when it only grew, only the end is looked at.
  void setText(const QString& text, bool isFinished);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 private:
  BlockSplitter m_splitter;
  QString m_text;
  int m_rows = 0;
};
