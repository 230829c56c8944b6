// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/adapter_list_model.h"

#include <QCoreApplication>

#include "app/models/figures.h"

using greylag::protocol::AdapterStatus;

QString adapterMethodText(const AdapterStatus& adapter) {
  if (adapter.method == "state") {
    return QCoreApplication::translate("AdapterListModel", "tuned state");
  }
  if (adapter.method == "hrm") {
    constexpr auto kCore =
        QT_TRANSLATE_N_NOOP("AdapterListModel", "HRM reasoning core, %n cycle(s)");
    return QCoreApplication::translate("AdapterListModel", kCore, nullptr,
                                       static_cast<int>(adapter.cycles));
  }
  return QCoreApplication::translate("AdapterListModel", "LoRA, rank %1").arg(adapter.rank);
}

AdapterListModel::AdapterListModel(QObject* parent)
    : KeyedList({"adapterId", "method", "baseModel", "origin", "sizeText", "isDeletable"}, parent) {
}

QString AdapterListModel::keyOf(const AdapterStatus& row) const {
  return QString::fromStdString(row.id);
}

QVariant AdapterListModel::value(const AdapterStatus& row, int role) const {
  switch (role) {
    case AdapterId:
      return QString::fromStdString(row.id);
    case Method:
      return adapterMethodText(row);
    case BaseModel:
      return QString::fromStdString(row.base_model);
    case Origin:
      return QString::fromStdString(row.run);
    case Size:
      return sizeText(row.size_bytes);
    case IsDeletable:
      return row.is_deletable;
    default:
      return {};
  }
}
