// SPDX-License-Identifier: GPL-3.0-or-later
// Adapters, tuned states and reasoning cores (imported files and checkpoints of runs) as rows for a
// view.
#pragma once

#include "app/models/keyed_list.h"
#include "core/protocol/engine.h"

class AdapterListModel : public KeyedList<greylag::protocol::AdapterStatus> {
 public:
  enum Role {
    AdapterId = Qt::UserRole + 1,
    Method,     // adapterMethodText
    BaseModel,  // id, or empty when the model it belongs to is not installed
    Origin,     // run id; empty for imported files
    Size,
    IsDeletable,
    AlphaText,       // "alpha 32"; empty where there is none
    IsAlphaAssumed,  // the user may say it
  };

  explicit AdapterListModel(QObject* parent = nullptr);

 protected:
  QString keyOf(const greylag::protocol::AdapterStatus& row) const override;
  QVariant value(const greylag::protocol::AdapterStatus& row, int role) const override;
};

// "LoRA, rank 16" | "MiSS, rank 64" | "tuned state" | "HRM reasoning core, 2 cycles"; shared with
// Chat.
QString adapterMethodText(const greylag::protocol::AdapterStatus& adapter);
