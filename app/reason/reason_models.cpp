// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/reason/reason_models.h"

#include <QLocale>
#include <algorithm>

#include "app/reason/sudoku_text.h"

using greylag::protocol::ReasonModel;

namespace {

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

int drawnSize(const ReasonModel& model) {
  const bool isDrawn = model.task == "sudoku" && model.rows == model.columns &&
                       isSudokuSize(static_cast<int>(model.rows));
  return isDrawn ? static_cast<int>(model.rows) : 0;
}

QString taskName(const ReasonModel& model) {
  if (model.task == "sudoku") return ReasonModels::tr("Sudoku");
  if (model.task == "maze") return ReasonModels::tr("mazes");
  if (model.task == "arc") return ReasonModels::tr("ARC tasks");
  return text(model.task);
}

QString noteOf(const ReasonModel& model) {
  if (!model.problem.empty()) {
    return ReasonModels::tr("cannot be used");
  }
  QStringList parts{QStringLiteral("%1 %2 × %3")
                        .arg(taskName(model))
                        .arg(model.rows)
                        .arg(model.columns)
                        .trimmed(),
                    QLocale().formattedDataSize(static_cast<qint64>(model.size_bytes), 1,
                                                QLocale::DataSizeSIFormat)};
  if (model.is_builtin) {
    parts.append(ReasonModels::tr("built in"));
  }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

void ReasonModels::set(greylag::protocol::ReasonModelList list) {
  m_list = std::move(list);
  std::sort(m_list.models.begin(), m_list.models.end(),
            [](const ReasonModel& a, const ReasonModel& b) {
              return a.is_builtin != b.is_builtin ? a.is_builtin : a.id < b.id;
            });
}

QVariantList ReasonModels::rows() const {
  QVariantList list;
  for (const ReasonModel& model : m_list.models) {
    list.append(QVariantMap{{QStringLiteral("id"), text(model.id)},
                            {QStringLiteral("label"), text(model.id)},
                            {QStringLiteral("note"), noteOf(model)}});
  }
  return list;
}

int ReasonModels::indexOf(const QString& id) const {
  const ReasonModel* model = find(id);
  return model ? static_cast<int>(model - m_list.models.data()) : -1;
}

QString ReasonModels::preferred() const {
  for (const ReasonModel& model : m_list.models) {
    if (model.problem.empty() && drawnSize(model) > 0) {
      return text(model.id);
    }
  }
  return m_list.models.empty() ? QString() : text(m_list.models.front().id);
}

QString ReasonModels::forSize(int size) const {
  for (const ReasonModel& model : m_list.models) {
    if (model.problem.empty() && drawnSize(model) == size) {
      return text(model.id);
    }
  }
  return {};
}

int ReasonModels::sizeOf(const QString& id) const {
  const ReasonModel* model = find(id);
  return model && model->problem.empty() ? drawnSize(*model) : 0;
}

QString ReasonModels::obstacle(const QString& id) const {
  const ReasonModel* model = find(id);
  if (!model || sizeOf(id) > 0) {
    return {};
  }
  if (!model->problem.empty()) {
    return tr("This model cannot be used: %1").arg(text(model->problem));
  }
  return tr("This page draws Sudokus of 4, 6 or 9 rows; this model solves %1. Use it in a "
            "terminal: "
            "greylag-engine solve --model FILE.")
      .arg(model->task == "sudoku" ? QStringLiteral("%1 × %2").arg(model->rows).arg(model->columns)
                                   : taskName(*model));
}

const ReasonModel* ReasonModels::find(const QString& id) const {
  const auto found =
      std::find_if(m_list.models.begin(), m_list.models.end(),
                   [wanted = id.toStdString()](const ReasonModel& m) { return m.id == wanted; });
  return found == m_list.models.end() ? nullptr : &*found;
}
