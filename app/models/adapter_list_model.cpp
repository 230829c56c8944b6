// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/adapter_list_model.h"

#include <QCoreApplication>
#include <QLocale>

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
  const char* text = QT_TRANSLATE_NOOP("AdapterListModel", "LoRA, rank %1");
  if (adapter.method == "miss") text = QT_TRANSLATE_NOOP("AdapterListModel", "MiSS, rank %1");
  if (adapter.method == "pissa") text = QT_TRANSLATE_NOOP("AdapterListModel", "PiSSA, rank %1");
  return QCoreApplication::translate("AdapterListModel", text).arg(adapter.rank);
}

namespace {

QString alphaText(const AdapterStatus& adapter) {
  if (adapter.method != "lora") return {};
  const char* text = adapter.is_alpha_assumed
                         ? QT_TRANSLATE_NOOP("AdapterListModel", "alpha not known, taken as %1")
                         : QT_TRANSLATE_NOOP("AdapterListModel", "alpha %1");
  return QCoreApplication::translate("AdapterListModel", text)
      .arg(QLocale().toString(adapter.alpha, 'g', 6));
}

}  // namespace

AdapterListModel::AdapterListModel(QObject* parent)
    : KeyedList({"adapterId", "method", "baseModel", "origin", "sizeText", "isDeletable",
                 "alphaText", "isAlphaAssumed"},
                parent) {}

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
    case AlphaText:
      return alphaText(row);
    case IsAlphaAssumed:
      return row.is_alpha_assumed;
    default:
      return {};
  }
}
