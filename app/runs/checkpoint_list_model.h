// SPDX-License-Identifier: GPL-3.0-or-later
// The saved checkpoints of one run as rows for a view, newest first.
#pragma once

#include "app/models/keyed_list.h"
#include "core/protocol/training.h"

class CheckpointListModel : public KeyedList<greylag::protocol::RunCheckpoint> {
 public:
  enum Role {
    Step = Qt::UserRole + 1,
    Validation,  // "2.318", empty when it was not measured at this step
    IsBest,
    Size,
    File,
  };

  explicit CheckpointListModel(QObject* parent = nullptr);
  void setCheckpoints(std::vector<greylag::protocol::RunCheckpoint> checkpoints);

 protected:
  QString keyOf(const greylag::protocol::RunCheckpoint& row) const override;
  QVariant value(const greylag::protocol::RunCheckpoint& row, int role) const override;
};
