// SPDX-License-Identifier: GPL-3.0-or-later
// Outside of `code`, `<` becomes &lt; and the `!` of an image is escaped.
#include "app/chat/safe_markdown.h"

namespace {

qsizetype backticksAt(const QString& text, qsizetype at) {
  qsizetype end = at;
  while (end < text.size() && text[end] == QLatin1Char('`')) {
    ++end;
  }
  return end - at;
}

// Where a code span that opens with `count` backticks at `from` closes; -1 if it never does.
qsizetype closingBackticks(const QString& text, qsizetype from, qsizetype count) {
  for (qsizetype i = from; i < text.size();) {
    const qsizetype found = backticksAt(text, i);
    if (found == count) {
      return i + count;
    }
    i += found > 0 ? found : 1;
  }
  return -1;
}

}  // namespace

QString safeMarkdown(const QString& text) {
  QString safe;
  safe.reserve(text.size() + 16);
  for (qsizetype i = 0; i < text.size();) {
    const QChar c = text[i];
    if (c == QLatin1Char('`')) {
      const qsizetype count = backticksAt(text, i);
      const qsizetype close = closingBackticks(text, i + count, count);
      const qsizetype end = close < 0 ? i + count : close;
      safe += close < 0 ? QStringLiteral("\\`").repeated(count) : text.mid(i, end - i);
      i = end;
      continue;
    }
    if (c == QLatin1Char('<')) {
      safe += QLatin1String("&lt;");
    } else if (c == QLatin1Char('!') && i + 1 < text.size() && text[i + 1] == QLatin1Char('[')) {
      safe += QLatin1String("\\!");
    } else {
      safe += c;
    }
    ++i;
  }
  return safe;
}
