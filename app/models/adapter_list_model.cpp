// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/adapter_list_model.h"

#include <QCoreApplication>

#include "app/models/figures.h"

using greylag::protocol::AdapterStatus;

namespace {

QString methodText(const AdapterStatus& row) {
  if (row.method == "state") return QCoreApplication::translate("AdapterListModel", "tuned state");
  return QCoreApplication::translate("AdapterListModel", "LoRA, rank %1").arg(row.rank);
}

}  // namespace

AdapterListModel::AdapterListModel(QObject* parent)
    : KeyedList({"adapterId", "method", "baseModel", "origin", "sizeText"}, parent) {}

QString AdapterListModel::keyOf(const AdapterStatus& row) const {
  return QString::fromStdString(row.id);
}

QVariant AdapterListModel::value(const AdapterStatus& row, int role) const {
  switch (role) {
    case AdapterId:
      return QString::fromStdString(row.id);
    case Method:
      return methodText(row);
    case BaseModel:
      return QString::fromStdString(row.base_model);
    case Origin:
      return QString::fromStdString(row.run);
    case Size:
      return sizeText(row.size_bytes);
    default:
      return {};
  }
}
