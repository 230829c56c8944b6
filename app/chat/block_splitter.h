// SPDX-License-Identifier: GPL-3.0-or-later
// Which blocks has a Markdown answer that is still growing? Closed blocks never change again, so
// only the last one has to be parsed and drawn anew. Kinds: "text", "code", "think".
#pragma once

#include <QList>
#include <QString>

struct AnswerBlock {
  QString kind;
  QString language;  // of a code block, as the answer names it
  QString text;
  bool isOpen = true;
};

class BlockSplitter {
 public:
  void append(const QString& piece);
  // The answer has ended: nothing is open any more.
  void finish();
  void reset();

  // All blocks; the last one includes the line that is not complete yet.
  qsizetype count() const;
  AnswerBlock block(qsizetype index) const;

 private:
  void takeLine(const QString& line);
  void addText(const QString& line);
  void open(const QString& kind, const QString& language = {});
  void closeLast();
  bool lastIs(const char* kind) const;
  bool startsNewBlock(const QString& line) const;

  QList<AnswerBlock> m_blocks;
  QString m_partial;
  QString m_fence;       // "```" or longer while a code block is open
  int m_blankLines = 0;  // since the last line of the open text block
};
