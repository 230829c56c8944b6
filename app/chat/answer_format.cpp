// SPDX-License-Identifier: GPL-3.0-or-later
// Markdown -> QTextDocument -> formats changed -> HTML. A line break travels through the Markdown
// reader as U+2028 after a blank at the end of its line, where it hides no list, quote or heading
// that begins the next one.
#include "app/chat/answer_format.h"

#include <QRegularExpression>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextTable>

namespace {

constexpr QChar kLineSeparator(0x2028);
constexpr double kCellPadding = 6;

// A row of a table, its delimiters, a rule, an underline or the address of a link: more text at
// the end would make something else of it.
bool isStructure(const QString& line) {
  static const QRegularExpression kStructure(
      QStringLiteral(R"(^[\s>*_=:|+#-]*$|^\s*\[[^\]]+\]:|^\s*\|.*\|\s*$)"));
  return kStructure.match(line).hasMatch();
}

bool isTable(const QString& markdown) {
  static const QRegularExpression kDelimiters(
      QStringLiteral(R"(^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$)"),
      QRegularExpression::MultilineOption);
  return kDelimiters.match(markdown).hasMatch();
}

QString withLineBreaks(const QString& markdown) {
  const bool hasTable = isTable(markdown);
  QStringList lines = markdown.split(QLatin1Char('\n'));
  for (qsizetype i = 0; i + 1 < lines.size(); ++i) {
    QString& line = lines[i];
    const bool isRow = hasTable && line.contains(QLatin1Char('|'));
    if (isRow || isStructure(line) || lines[i + 1].trimmed().isEmpty()) continue;
    while (line.endsWith(QLatin1Char(' ')) || line.endsWith(QLatin1Char('\\'))) line.chop(1);
    line += QLatin1Char(' ');
    line += kLineSeparator;
  }
  return lines.join(QLatin1Char('\n'));
}

void cleanLineBreaks(QTextDocument& document) {
  static const QRegularExpression kBreak(QStringLiteral(" ?\\x{2028} ?"));
  QTextCursor found(&document);
  while (!(found = document.find(kBreak, found)).isNull()) {
    const bool isLast =
        found.selectionEnd() == found.block().position() + found.block().length() - 1;
    found.insertText(isLast ? QString() : QString(kLineSeparator));
  }
}

void styleText(QTextDocument& document, const QString& mono, const QColor& link,
               const QColor& tint) {
  for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
    for (auto it = block.begin(); !it.atEnd(); ++it) {
      const QTextFragment fragment = it.fragment();
      QTextCharFormat change;
      if (fragment.charFormat().isAnchor()) {
        change.setForeground(link);
        change.setFontUnderline(true);
      }
      if (fragment.charFormat().fontFixedPitch()) {
        change.setFontFamilies({mono});
        change.setBackground(tint);
      }
      if (change.isEmpty()) continue;
      QTextCursor cursor(&document);
      cursor.setPosition(fragment.position());
      cursor.setPosition(fragment.position() + fragment.length(), QTextCursor::KeepAnchor);
      cursor.mergeCharFormat(change);
    }
  }
}

void styleTables(QTextFrame* frame, const QColor& line) {
  for (QTextFrame* child : frame->childFrames()) {
    styleTables(child, line);
    auto* table = qobject_cast<QTextTable*>(child);
    if (!table) continue;
    QTextTableFormat format = table->format();
    format.setBorder(1);
    format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
    format.setBorderBrush(line);
    format.setBorderCollapse(true);
    format.setCellPadding(kCellPadding);
    format.setCellSpacing(0);
    table->setFormat(format);
  }
}

}  // namespace

QString AnswerFormat::richText(const QString& markdown, const QFont& font, const QString& mono,
                               const QColor& link, const QColor& line, const QColor& tint) const {
  QTextDocument document;
  document.setUndoRedoEnabled(false);
  document.setDefaultFont(font);
  document.setMarkdown(withLineBreaks(markdown), QTextDocument::MarkdownDialectGitHub);
  cleanLineBreaks(document);
  styleText(document, mono, link, tint);
  styleTables(document.rootFrame(), line);
  return document.toHtml();
}
