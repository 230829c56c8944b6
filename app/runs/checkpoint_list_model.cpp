// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runs/checkpoint_list_model.h"

#include <QLocale>
#include <algorithm>

#include "app/models/figures.h"

using greylag::protocol::RunCheckpoint;

CheckpointListModel::CheckpointListModel(QObject* parent)
    : KeyedList({"step", "validation", "isBest", "sizeText", "file"}, parent) {}

void CheckpointListModel::setCheckpoints(std::vector<RunCheckpoint> checkpoints) {
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const RunCheckpoint& a, const RunCheckpoint& b) { return a.step > b.step; });
  setRows(std::move(checkpoints));
}

QString CheckpointListModel::keyOf(const RunCheckpoint& row) const {
  return QString::number(row.step);
}

QVariant CheckpointListModel::value(const RunCheckpoint& row, int role) const {
  switch (role) {
    case Step:
      return static_cast<qlonglong>(row.step);
    case Validation:
      return row.has_val_loss ? QLocale().toString(row.val_loss, 'f', 4) : QString();
    case IsBest:
      return row.is_best;
    case Size:
      return sizeText(row.size_bytes);
    case File:
      return QString::fromStdString(row.file);
    default:
      return {};
  }
}
