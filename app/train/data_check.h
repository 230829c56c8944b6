// SPDX-License-Identifier: GPL-3.0-or-later
// What did the engine find in a training file? Counts, problems with line numbers, a histogram of
// sample lengths, and rendered rows that show what is learned. GUI thread only.
#pragma once

#include <QtQml/qqmlregistration.h>

#include <QColor>
#include <QObject>
#include <QVariantList>

#include "app/models/keyed_list.h"
#include "core/protocol/training.h"

struct NumberedProblem {
  size_t number = 0;
  greylag::protocol::DataProblem problem;
};

class ProblemList : public KeyedList<NumberedProblem> {
 public:
  enum Role { Line = Qt::UserRole + 1, Kind, Message, IsFatal };
  explicit ProblemList(QObject* parent = nullptr);

 protected:
  QString keyOf(const NumberedProblem& row) const override;
  QVariant value(const NumberedProblem& row, int role) const override;
};

class DataCheck : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The wizard owns its check.")
  Q_PROPERTY(bool isDone READ isDone NOTIFY changed)
  Q_PROPERTY(QString kindText READ kindText NOTIFY changed)
  Q_PROPERTY(double rows READ rows NOTIFY changed)
  Q_PROPERTY(double usableRows READ usableRows NOTIFY changed)
  Q_PROPERTY(double tokens READ tokens NOTIFY changed)
  Q_PROPERTY(double learnedTokens READ learnedTokens NOTIFY changed)
  Q_PROPERTY(double longest READ longest NOTIFY changed)
  // Rows of the whole file that are left out, and that have a warning; problems holds the first.
  Q_PROPERTY(int fatalCount READ fatalCount NOTIFY changed)
  Q_PROPERTY(int warningCount READ warningCount NOTIFY changed)
  Q_PROPERTY(QString countText READ countText NOTIFY changed)       // "not JSON: 3, duplicate: 12"
  Q_PROPERTY(int shownCount READ shownCount NOTIFY changed)         // of problems
  Q_PROPERTY(QVariantList histogram READ histogram NOTIFY changed)  // {label, count, share}
  Q_PROPERTY(QString histogramText READ histogramText NOTIFY changed)
  Q_PROPERTY(QAbstractItemModel* problems READ problems CONSTANT)
  Q_PROPERTY(int previewCount READ previewCount NOTIFY changed)

 public:
  explicit DataCheck(QObject* parent = nullptr);

  void clear();
  void setReply(const greylag::protocol::DataCheckReply& reply);

  bool isDone() const { return m_isDone; }
  QString kindText() const;
  double rows() const { return static_cast<double>(m_reply.rows); }
  double usableRows() const { return static_cast<double>(m_reply.usable_rows); }
  double tokens() const { return static_cast<double>(m_reply.tokens); }
  double learnedTokens() const { return static_cast<double>(m_reply.learned_tokens); }
  double longest() const { return static_cast<double>(m_reply.longest); }
  int fatalCount() const { return countOf(true); }
  int warningCount() const { return countOf(false); }
  QString countText() const;
  int shownCount() const { return static_cast<int>(m_reply.errors.size()); }
  QVariantList histogram() const;
  QString histogramText() const;
  ProblemList* problems() { return &m_problems; }
  int previewCount() const { return static_cast<int>(m_reply.previews.size()); }

  Q_INVOKABLE double previewLine(int row) const;
  // Rich text: learned spans have this background and are underlined; what is not learned has the
  // muted colour.
  Q_INVOKABLE QString previewMarkup(int row, const QColor& background, const QColor& muted) const;
  // The same in words, for assistive technology.
  Q_INVOKABLE QString previewText(int row) const;

 signals:
  void changed();

 private:
  int countOf(bool isFatal) const;

  bool m_isDone = false;
  greylag::protocol::DataCheckReply m_reply;
  ProblemList m_problems;
};
