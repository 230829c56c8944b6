// SPDX-License-Identifier: GPL-3.0-or-later
// How does a piece of an answer's Markdown look? Qt draws it with links in the palette's blue,
// tables as raw boxes and without the single line breaks that models write; this makes rich text of
// it in the window's colours. QML singleton, GUI thread only.
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QQmlEngine>

class AnswerFormat : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_SINGLETON

 public:
  using QObject::QObject;

  // markdown: from safeMarkdown. mono: the family of `code`; line: of tables; tint: behind code.
  Q_INVOKABLE QString richText(const QString& markdown, const QFont& font, const QString& mono,
                               const QColor& link, const QColor& line, const QColor& tint) const;
};
