// SPDX-License-Identifier: GPL-3.0-or-later
// Compares the number of blocks before and after an append.
#include "app/chat/block_model.h"

#include "app/chat/safe_markdown.h"

void BlockModel::setText(const QString& text, bool isFinished) {
  if (!text.startsWith(m_text)) {
    beginResetModel();
    m_splitter.reset();
    m_splitter.append(text);
    if (isFinished) {
      m_splitter.finish();
    }
    m_rows = static_cast<int>(m_splitter.count());
    m_text = text;
    endResetModel();
    return;
  }
  const int before = m_rows;
  m_splitter.append(text.mid(m_text.size()));
  if (isFinished) {
    m_splitter.finish();
  }
  m_text = text;
  const int after = static_cast<int>(m_splitter.count());
  if (after > before) {
    beginInsertRows({}, before, after - 1);
    m_rows = after;
    endInsertRows();
  } else if (after < before) {  // a line turned out to be an end mark
    beginRemoveRows({}, after, before - 1);
    m_rows = after;
    endRemoveRows();
  }
  if (before > 0 && m_rows > 0) {
    const int first = std::min(before, m_rows) - 1;
    emit dataChanged(index(first), index(first));
  }
}

int BlockModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_rows; }

QVariant BlockModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const AnswerBlock block = m_splitter.block(index.row());
  switch (role) {
    case KindRole:
      return block.kind;
    case LanguageRole:
      return block.language;
    case SourceRole:
      return block.text;
    case MarkdownRole:
      return block.kind == QLatin1String("code") ? QString() : safeMarkdown(block.text);
    case IsOpenRole:
      return block.isOpen;
    default:
      return {};
  }
}

QHash<int, QByteArray> BlockModel::roleNames() const {
  return {{KindRole, "kind"},
          {LanguageRole, "language"},
          {SourceRole, "source"},
          {MarkdownRole, "markdown"},
          {IsOpenRole, "isOpen"}};
}
