// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of a training plan as rows for a view: label, what it does, range, value, and whether
// it differs from the default. The learning rate's default depends on the method. GUI thread only.
#pragma once

#include <QAbstractListModel>
#include <QStringList>

#include "core/protocol/training.h"

class SettingList : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role {
    Key = Qt::UserRole + 1,
    Label,
    Hint,
    Value,    // as text a person edits
    Default,  // as text
    IsChanged,
    IsExpert,
    IsUsed,   // false: the method does not use it (rank without LoRA)
    Problem,  // why the typed text cannot be used; empty when it can
  };

  explicit SettingList(QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  // The learning rate follows method and width of the model until it is typed.
  void setMethod(const std::string& method);
  void setModelWidth(int64_t width);
  // Takes the text of the field `key`; a text that is no number in range stays and is a problem.
  void setText(const QString& key, const QString& text);
  void restoreDefaults();
  int changedCount() const;
  // First problem of a field in use; empty when all can be used.
  QString problem() const;
  double number(const QString& key) const;
  // Writes every field into `config`.
  void apply(greylag::protocol::RunConfig& config) const;

 signals:
  void edited();

 private:
  struct Row {
    double value = 0;
    QString text;  // what was typed
    QString problem;
  };

  double defaultOf(int row) const;
  bool isUsed(int row) const;
  void follow(const std::string& method, int64_t width);
  void take(int row, const QString& text);

  std::string m_method = "lora";
  int64_t m_width = greylag::protocol::kUnknownWidth;
  QList<Row> m_rows;  // in the order of the table in setting_list.cpp
};
