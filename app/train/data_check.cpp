// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/train/data_check.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <limits>

using greylag::protocol::DataPreview;
using greylag::protocol::DataProblem;
using greylag::protocol::DataProblemCount;
using greylag::protocol::TextSpan;

namespace {

constexpr qsizetype kLongestPreview = 1500;  // characters of one row; the rest is not shown

QString say(const char* source) { return QCoreApplication::translate("DataCheck", source); }

QString kindOf(const std::string& problem) {
  if (problem == "bad_json") return say(QT_TRANSLATE_NOOP("DataCheck", "not JSON"));
  if (problem == "not_an_object") return say(QT_TRANSLATE_NOOP("DataCheck", "not an object"));
  if (problem == "no_known_key") return say(QT_TRANSLATE_NOOP("DataCheck", "unknown shape"));
  if (problem == "bad_utf8") return say(QT_TRANSLATE_NOOP("DataCheck", "not UTF-8"));
  if (problem == "empty_answer") return say(QT_TRANSLATE_NOOP("DataCheck", "empty answer"));
  if (problem == "wrong_roles") return say(QT_TRANSLATE_NOOP("DataCheck", "wrong roles"));
  if (problem == "empty_text") return say(QT_TRANSLATE_NOOP("DataCheck", "empty text"));
  if (problem == "too_long") return say(QT_TRANSLATE_NOOP("DataCheck", "too long"));
  if (problem == "duplicate") return say(QT_TRANSLATE_NOOP("DataCheck", "duplicate"));
  if (problem == "bad_tokens") return say(QT_TRANSLATE_NOOP("DataCheck", "bad tokens"));
  if (problem == "ambiguous") return say(QT_TRANSLATE_NOOP("DataCheck", "ambiguous"));
  if (problem == "bad_table") return say(QT_TRANSLATE_NOOP("DataCheck", "broken table"));
  if (problem == "cut") return say(QT_TRANSLATE_NOOP("DataCheck", "will be cut"));
  if (problem == "not_text") return say(QT_TRANSLATE_NOOP("DataCheck", "not text"));
  if (problem == "preference") return say(QT_TRANSLATE_NOOP("DataCheck", "preference row"));
  if (problem == "unread_key") return say(QT_TRANSLATE_NOOP("DataCheck", "not read"));
  if (problem == "unsupported_key") return say(QT_TRANSLATE_NOOP("DataCheck", "cannot be learned"));
  return QString::fromStdString(problem);
}

// Bucket 0 holds 0-31 tokens, bucket i holds 2^(i+4) to 2^(i+5) - 1.
QString bucketLabel(size_t bucket) {
  const QLocale locale;
  const qlonglong low = bucket == 0 ? 0 : qlonglong{1} << (bucket + 4);
  const qlonglong high = (qlonglong{1} << (bucket + 5)) - 1;
  return QStringLiteral("%1–%2").arg(locale.toString(low), locale.toString(high));
}

}  // namespace

ProblemList::ProblemList(QObject* parent)
    : KeyedList({"line", "kind", "message", "isFatal"}, parent) {}

QString ProblemList::keyOf(const NumberedProblem& row) const { return QString::number(row.number); }

QVariant ProblemList::value(const NumberedProblem& row, int role) const {
  switch (role) {
    case Line:
      return QLocale().toString(static_cast<qlonglong>(row.problem.line));
    case Kind:
      return kindOf(row.problem.problem);
    case Message:
      return QString::fromStdString(row.problem.message);
    case IsFatal:
      return row.problem.is_fatal;
    default:
      return {};
  }
}

DataCheck::DataCheck(QObject* parent) : QObject(parent) {}

void DataCheck::clear() {
  if (!m_isDone) return;
  m_isDone = false;
  m_reply = {};
  m_problems.setRows({});
  emit changed();
}

void DataCheck::setReply(const greylag::protocol::DataCheckReply& reply) {
  m_isDone = true;
  m_reply = reply;
  std::vector<NumberedProblem> rows;
  for (const DataProblem& problem : reply.errors) rows.push_back({rows.size(), problem});
  m_problems.setRows(std::move(rows));
  emit changed();
}

QString DataCheck::kindText() const {
  if (m_reply.kind == "jsonl") return tr("JSON Lines, one sample per line");
  if (m_reply.kind == "json") return tr("a JSON list, one sample per entry");
  if (m_reply.kind == "table") return tr("a table (CSV), one sample per record");
  if (m_reply.kind == "text") return tr("plain text, cut into windows; every token is learned");
  return QString::fromStdString(m_reply.kind);
}

int DataCheck::countOf(bool isFatal) const {
  int64_t rows = 0;
  for (const DataProblemCount& count : m_reply.problem_counts) {
    if (count.is_fatal == isFatal) rows += count.rows;
  }
  return static_cast<int>(std::min<int64_t>(rows, std::numeric_limits<int>::max()));
}

QString DataCheck::countText() const {
  QStringList parts;
  for (const DataProblemCount& count : m_reply.problem_counts) {
    parts.append(tr("%1: %L2").arg(kindOf(count.problem)).arg(static_cast<qlonglong>(count.rows)));
  }
  return parts.join(QStringLiteral(", "));
}

QVariantList DataCheck::histogram() const {
  QVariantList bars;
  int64_t most = 1;
  for (const int64_t count : m_reply.histogram) most = std::max(most, count);
  size_t used = m_reply.histogram.size();
  while (used > 0 && m_reply.histogram[used - 1] == 0) --used;
  for (size_t i = 0; i < used; ++i) {
    const auto count = static_cast<double>(m_reply.histogram[i]);
    bars.append(QVariantMap{{QStringLiteral("label"), bucketLabel(i)},
                            {QStringLiteral("count"), count},
                            {QStringLiteral("share"), count / static_cast<double>(most)}});
  }
  return bars;
}

QString DataCheck::histogramText() const {
  QStringList parts;
  for (size_t i = 0; i < m_reply.histogram.size(); ++i) {
    const int64_t count = m_reply.histogram[i];
    if (count > 0) {
      parts.append(tr("%1 tokens: %2").arg(bucketLabel(i)).arg(count));
    }
  }
  return parts.join(QStringLiteral("; "));
}

double DataCheck::previewLine(int row) const {
  if (row < 0 || row >= previewCount()) return 0;
  return static_cast<double>(m_reply.previews[static_cast<size_t>(row)].line);
}

QString DataCheck::previewMarkup(int row, const QColor& background, const QColor& muted) const {
  if (row < 0 || row >= previewCount()) return {};
  QString markup;
  qsizetype length = 0;
  for (const TextSpan& span : m_reply.previews[static_cast<size_t>(row)].spans) {
    if (length >= kLongestPreview) break;
    QString text = QString::fromStdString(span.text);
    text.truncate(kLongestPreview - length);
    length += text.size();
    const QString style =
        span.is_learned
            ? QStringLiteral("background-color:%1;text-decoration:underline").arg(background.name())
            : QStringLiteral("color:%1").arg(muted.name());
    markup +=
        QStringLiteral("<span style=\"%1\">%2</span>")
            .arg(style, text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br/>")));
  }
  if (length >= kLongestPreview) markup += QStringLiteral("…");
  return markup;
}

QString DataCheck::previewText(int row) const {
  if (row < 0 || row >= previewCount()) return {};
  QStringList parts;
  for (const TextSpan& span : m_reply.previews[static_cast<size_t>(row)].spans) {
    const QString text = QString::fromStdString(span.text).left(kLongestPreview);
    parts.append(span.is_learned ? tr("learned: %1").arg(text) : tr("given: %1").arg(text));
  }
  return parts.join(QLatin1Char('\n'));
}
