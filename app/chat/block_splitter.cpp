// SPDX-License-Identifier: GPL-3.0-or-later
// Line by line: fences open and close code, <think> opens and closes thinking, a blank line closes
// a paragraph unless a list, a quote or a table goes on.
#include "app/chat/block_splitter.h"

#include <QRegularExpression>

namespace {

QString fenceOf(const QString& line) {
  static const QRegularExpression kFence(QStringLiteral("^ {0,3}(`{3,}|~{3,})"));
  const QRegularExpressionMatch match = kFence.match(line);
  return match.hasMatch() ? match.captured(1) : QString();
}

bool isListLine(const QString& line) {
  static const QRegularExpression kList(QStringLiteral("^\\s*([-*+]|\\d{1,9}[.)])\\s"));
  return kList.match(line).hasMatch();
}

}  // namespace

void BlockSplitter::append(const QString& piece) {
  m_partial += piece;
  qsizetype end = 0;
  while ((end = m_partial.indexOf(QLatin1Char('\n'))) >= 0) {
    const QString line = m_partial.left(end);
    m_partial.remove(0, end + 1);
    takeLine(line);
  }
}

void BlockSplitter::finish() {
  if (!m_partial.isEmpty()) {
    const QString line = m_partial;
    m_partial.clear();
    takeLine(line);
  }
  closeLast();
  m_fence.clear();
}

void BlockSplitter::reset() { *this = BlockSplitter(); }

void BlockSplitter::takeLine(const QString& line) {
  if (lastIs("code")) {
    const QString fence = fenceOf(line);
    if (fence.size() >= m_fence.size() && fence.startsWith(m_fence.left(1)) &&
        line.trimmed().size() == fence.size()) {
      closeLast();
      m_fence.clear();
      return;
    }
    addText(line);
    return;
  }
  if (lastIs("think")) {
    const qsizetype end = line.indexOf(QLatin1String("</think>"));
    if (end < 0) {
      addText(line);
      return;
    }
    if (end > 0) {
      addText(line.left(end));
    }
    closeLast();
    const QString after = line.mid(end + 8);
    if (!after.trimmed().isEmpty()) {
      takeLine(after);
    }
    return;
  }
  const QString trimmed = line.trimmed();
  if (trimmed.startsWith(QLatin1String("<think>"))) {
    open(QStringLiteral("think"));
    takeLine(trimmed.mid(7));
    return;
  }
  const QString fence = fenceOf(line);
  if (!fence.isEmpty()) {
    m_fence = fence;
    open(QStringLiteral("code"),
         trimmed.mid(fence.size()).trimmed().section(QLatin1Char(' '), 0, 0));
    return;
  }
  if (trimmed.isEmpty()) {
    ++m_blankLines;
    return;
  }
  if (!lastIs("text") || startsNewBlock(line)) {
    open(QStringLiteral("text"));
  } else if (m_blankLines > 0) {
    addText(QString());
  }
  m_blankLines = 0;
  addText(line);
}

bool BlockSplitter::startsNewBlock(const QString& line) const {
  if (m_blankLines == 0) {
    return false;
  }
  const bool isInList = isListLine(m_blocks.last().text);
  return !(isInList && (isListLine(line) || line.startsWith(QLatin1String("  "))));
}

void BlockSplitter::addText(const QString& line) {
  QString& text = m_blocks.last().text;
  if (!text.isEmpty()) {
    text += QLatin1Char('\n');
  }
  text += line;
}

void BlockSplitter::open(const QString& kind, const QString& language) {
  closeLast();
  m_blocks.append({kind, language, {}, true});
}

void BlockSplitter::closeLast() {
  m_blankLines = 0;
  if (!m_blocks.isEmpty()) {
    m_blocks.last().isOpen = false;
  }
}

bool BlockSplitter::lastIs(const char* kind) const {
  return !m_blocks.isEmpty() && m_blocks.last().isOpen &&
         m_blocks.last().kind == QLatin1String(kind);
}

qsizetype BlockSplitter::count() const {
  const bool needsBlock = !m_partial.isEmpty() && (m_blocks.isEmpty() || !m_blocks.last().isOpen);
  return m_blocks.size() + (needsBlock ? 1 : 0);
}

AnswerBlock BlockSplitter::block(qsizetype index) const {
  if (index >= m_blocks.size()) {
    return {QStringLiteral("text"), {}, m_partial, true};
  }
  AnswerBlock block = m_blocks.at(index);
  if (index + 1 == m_blocks.size() && block.isOpen && !m_partial.isEmpty()) {
    const bool mayBeFence = !m_fence.isEmpty() && m_fence.startsWith(m_partial.trimmed());
    if (!mayBeFence) {
      block.text += m_blankLines > 0       ? QStringLiteral("\n\n")
                    : block.text.isEmpty() ? QString()
                                           : QStringLiteral("\n");
      block.text += m_partial;
    }
  }
  return block;
}
