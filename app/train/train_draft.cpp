// SPDX-License-Identifier: GPL-3.0-or-later
// The wizard's draft as JSON, for the next start of the window.
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

#include "app/train/train_form.h"

QString TrainForm::savedDraft() const {
  const QJsonObject draft{
      {QStringLiteral("step"), m_step},     {QStringLiteral("goal"), m_goal},
      {QStringLiteral("method"), m_method}, {QStringLiteral("model"), m_modelId},
      {QStringLiteral("data"), m_dataPath}, {QStringLiteral("skip_bad_rows"), m_skipBadRows},
      {QStringLiteral("name"), m_name},     {QStringLiteral("settings"), m_settings.changes()}};
  return QString::fromUtf8(QJsonDocument(draft).toJson(QJsonDocument::Compact));
}

void TrainForm::restoreDraft(const QString& json) {
  const QJsonObject draft = QJsonDocument::fromJson(json.toUtf8()).object();
  if (draft.isEmpty()) return;
  const auto text = [&draft](const char* key) { return draft[QLatin1String(key)].toString(); };
  setGoal(text("goal"));
  setMethod(text("method"));
  m_settings.restore(draft[QLatin1String("settings")].toObject());
  m_modelId = text("model");  // whether it is still there shows when the list comes
  m_dataPath = QFileInfo(text("data")).isFile() ? text("data") : QString();
  m_skipBadRows = draft[QLatin1String("skip_bad_rows")].toBool();
  m_name = text("name").isEmpty() ? QString() : text("name");
  // At most: the file is looked at again before anything is planned with it.
  m_step = std::clamp(draft[QLatin1String("step")].toInt(), int{Goal}, int{Check});
  invalidateCheck();
  invalidatePlan();
}
