// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of a training plan as rows for a view: label, what it does, range, value, and
// whether it differs from the default. The learning rate's default depends on the method. A setting
// that the method or another setting makes idle is not used: not shown, and sent as its default.
// GUI thread only.
#pragma once

#include <QAbstractListModel>
#include <QJsonObject>
#include <QStringList>
#include <QVariantList>

#include "app/train/setting_fields.h"
#include "core/protocol/engine.h"
#include "core/protocol/training.h"

class SettingList : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role {
    Key = Qt::UserRole + 1,
    Label,
    Hint,
    Value,    // of a number: the text that a person edits; of a switch "1" or "0"; else the word
    Default,  // as people read it
    IsChanged,
    IsExpert,
    IsUsed,     // false: idle (rank without LoRA)
    Problem,    // why the typed text cannot be used; empty when it can
    Kind,       // "number" | "switch" | "choice"
    Options,    // of a choice: [{value, text}]
    ValueName,  // the value as people read it
    Range,      // "1 to 64"; of a number, else empty
  };

  explicit SettingList(QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  // The learning rate follows method and width of the model until it is typed.
  void setMethod(const std::string& method);
  void setModelWidth(int64_t width);
  // The reasoning cores that the model can go on from. A chosen one that is gone becomes a fresh
  // one.
  void setCores(std::vector<greylag::protocol::AdapterStatus> cores);
  // Takes the text of the field `key`; a text that is no number in range stays and is a problem.
  void setText(const QString& key, const QString& text);
  void restoreDefaults();
  // What differs from the defaults, by key: numbers and switches as numbers, choices as words.
  QJsonObject changes() const;
  // Takes back what changes() gave; what is in no range any more, or no option, is left out.
  void restore(const QJsonObject& changes);
  int changedCount() const;
  // First problem of a field in use; empty when all can be used.
  QString problem() const;
  double number(const QString& key) const;
  // Writes every field into `config`; idle ones as their defaults.
  void apply(greylag::protocol::RunConfig& config) const;

 signals:
  void edited();

 private:
  struct Row {
    double value = 0;  // of a number or switch
    QString text;      // what was typed; of a choice the word
    QString problem;
  };

  Row defaultOf(int row) const;
  bool isChanged(int row) const;
  bool isUsed(int row) const;
  bool isWord(const char* key, const char* word) const;
  QVariantList optionsOf(int row) const;
  QString nameOf(int row, const Row& value) const;
  const greylag::protocol::AdapterStatus* chosenCore() const;
  int64_t cycles() const;  // H-cycles of the core to come
  void follow(const std::string& method, int64_t width);
  void take(int row, const QString& text);

  std::string m_method = "lora";
  int64_t m_width = greylag::protocol::kUnknownWidth;
  std::vector<greylag::protocol::AdapterStatus> m_cores;
  QList<Row> m_rows;  // in the order of settingFields()
};
