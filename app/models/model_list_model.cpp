// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/models/model_list_model.h"

#include <QCoreApplication>
#include <QStringList>

#include "app/models/figures.h"

using greylag::protocol::ModelStatus;

namespace {

QString text(const char* source) { return QCoreApplication::translate("ModelListModel", source); }

QString from(const std::string& text) { return QString::fromStdString(text); }

QString kindText(const ModelStatus& row) {
  QStringList parts;
  for (const std::string& part : {row.architecture, row.format}) {
    if (!part.empty()) parts.append(from(part));
  }
  return parts.join(QStringLiteral(" · "));
}

QString shapeText(const ModelStatus& row) {
  if (row.layers == 0) return {};
  return text(QT_TRANSLATE_NOOP("ModelListModel", "%1 layers, width %2"))
      .arg(row.layers)
      .arg(row.width);
}

QString summaryText(const ModelStatus& row) {
  QStringList parts{from(row.id)};
  if (row.parameters > 0) {
    parts.append(
        text(QT_TRANSLATE_NOOP("ModelListModel", "%1 parameters")).arg(countText(row.parameters)));
  }
  parts.append(sizeText(row.size_bytes));
  if (!row.problem.empty()) {
    parts.append(from(row.problem));
  } else if (row.is_loaded) {
    parts.append(text(QT_TRANSLATE_NOOP("ModelListModel", "in memory")));
  }
  return parts.join(QStringLiteral(", "));
}

}  // namespace

QString vocabularyText(const std::string& vocabulary) {
  if (vocabulary == "byte") return text(QT_TRANSLATE_NOOP("ModelListModel", "bytes"));
  if (vocabulary == "world") return text(QT_TRANSLATE_NOOP("ModelListModel", "World"));
  if (vocabulary == "neox") return text(QT_TRANSLATE_NOOP("ModelListModel", "GPT-NeoX"));
  if (vocabulary.empty()) return text(QT_TRANSLATE_NOOP("ModelListModel", "missing"));
  return from(vocabulary);
}

ModelListModel::ModelListModel(QObject* parent)
    : KeyedList({"modelId", "path", "kind", "shape", "dtype", "parametersText", "sizeText",
                 "vocabulary", "problem", "isBuiltin", "isDeletable", "isLoaded", "isLoading",
                 "summary", "parameterCount"},
                parent) {}

QString ModelListModel::keyOf(const ModelStatus& row) const { return from(row.id); }

QVariant ModelListModel::value(const ModelStatus& row, int role) const {
  switch (role) {
    case ModelId:
      return from(row.id);
    case Path:
      return from(row.path);
    case Kind:
      return kindText(row);
    case Shape:
      return shapeText(row);
    case Dtype:
      return from(row.dtype);
    case Parameters:
      return row.parameters > 0 ? countText(row.parameters) : QString();
    case Size:
      return sizeText(row.size_bytes);
    case Vocabulary:
      return vocabularyText(row.vocabulary);
    case Problem:
      return from(row.problem);
    case IsBuiltin:
      return row.is_builtin;
    case IsDeletable:
      return row.is_deletable;
    case IsLoaded:
      return row.is_loaded;
    case IsLoading:
      return row.is_loading;
    case Summary:
      return summaryText(row);
    case ParameterCount:
      return static_cast<double>(row.parameters);
    default:
      return {};
  }
}
