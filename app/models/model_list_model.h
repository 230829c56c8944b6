// SPDX-License-Identifier: GPL-3.0-or-later
// The installed models as rows for a view.
#pragma once

#include "app/models/keyed_list.h"
#include "core/protocol/engine.h"

class ModelListModel : public KeyedList<greylag::protocol::ModelStatus> {
 public:
  enum Role {
    ModelId = Qt::UserRole + 1,
    Path,
    Kind,   // "RWKV-7 · pth"
    Shape,  // "12 layers, width 768"
    Dtype,
    Parameters,  // "191.0 M"
    Size,        // "382 MB"
    Vocabulary,  // in words
    Problem,     // why it cannot be used; empty when it can
    IsBuiltin,
    IsDeletable,
    IsLoaded,
    IsLoading,
    Summary,         // all of it in one sentence, for assistive technology
    ParameterCount,  // a number; 0: unknown
  };

  explicit ModelListModel(QObject* parent = nullptr);

 protected:
  QString keyOf(const greylag::protocol::ModelStatus& row) const override;
  QVariant value(const greylag::protocol::ModelStatus& row, int role) const override;
};

// "byte" -> "bytes", "" -> "no vocabulary"; shared with the inspect dialog.
QString vocabularyText(const std::string& vocabulary);
