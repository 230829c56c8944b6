// SPDX-License-Identifier: GPL-3.0-or-later
// What the wizard says: why a method fits, every setting before the start, and what will exist
// afterwards.
#include <QFileInfo>

#include "app/models/figures.h"
#include "app/runs/run_list_model.h"
#include "app/train/train_form.h"

QString TrainForm::methodReason() const {
  if (m_method == QLatin1String("state")) {
    return tr(
        "State tuning learns only the model's starting mood: a tiny file, little memory, and "
        "nothing it knows is overwritten. Best for tone and manner.");
  }
  if (m_method == QLatin1String("full")) {
    return tr(
        "Full finetuning changes every weight: it can take in the most, needs the most "
        "memory, and may forget what the model knew. Best for much text.");
  }
  if (m_method == QLatin1String("hrm")) {
    return tr(
        "Trains a small recurrent core beside the frozen model. In our comparison at equal cost "
        "LoRA "
        "learned better (Sudokus as text: 76 % right against none), while the core kept more of "
        "what "
        "the model knew. Take LoRA unless you want to experiment.");
  }
  return tr(
      "LoRA adds a small adapter beside the frozen weights: it learns new content well, fits "
      "in moderate memory and can be switched off at any time.");
}

QString TrainForm::name() const {
  if (!m_name.isNull()) return m_name;
  if (m_dataPath.isEmpty()) return {};
  const QString usual =
      QStringLiteral("%1-%2").arg(QFileInfo(m_dataPath).completeBaseName(), m_method);
  QString free = usual;
  for (int i = 2; m_runNames.contains(free); ++i) free = QStringLiteral("%1-%2").arg(usual).arg(i);
  return free;
}

void TrainForm::setName(const QString& name) {
  if (this->name() == name) return;
  m_name = name.isNull() ? QStringLiteral("") : name;
  emit changed();
}

QVariantList TrainForm::review() const {
  QVariantList rows;
  const auto add = [&rows](const QString& label, const QString& value, bool isChanged) {
    rows.append(QVariantMap{{QStringLiteral("label"), label},
                            {QStringLiteral("value"), value},
                            {QStringLiteral("isChanged"), isChanged}});
  };
  add(tr("Model"), m_modelId, false);
  add(tr("Data"), dataName(), false);
  add(tr("Method"), methodName(m_method.toStdString()), m_method != proposedMethod());
  if (m_check.fatalCount() > 0) {
    add(tr("Bad rows"), m_skipBadRows ? tr("skipped: %1").arg(m_check.fatalCount()) : tr("refused"),
        m_skipBadRows);
  }
  for (int row = 0; row < m_settings.rowCount(); ++row) {
    const QModelIndex index = m_settings.index(row);
    if (!m_settings.data(index, SettingList::IsUsed).toBool()) continue;
    add(m_settings.data(index, SettingList::Label).toString(),
        m_settings.data(index, SettingList::ValueName).toString(),
        m_settings.data(index, SettingList::IsChanged).toBool());
  }
  return rows;
}

// With %1 for the model's name.
QString TrainForm::resultText() const {
  if (m_method == QLatin1String("full")) {
    return tr(
        "A whole new model, which you can install under a name of its own; %1 stays as "
        "it is.");
  }
  if (m_method == QLatin1String("state")) {
    return tr("A tuned state that Chat can use with %1; the model stays as it is.");
  }
  if (m_method != QLatin1String("hrm")) {
    return tr("An adapter that Chat can switch on and off with %1; the model stays as it is.");
  }
  const std::string backbone = config().hrm_backbone;
  if (backbone == "full") {
    return tr(
        "A reasoning core, and a changed copy of %1 that it belongs to, both in the run's "
        "folder. Chat cannot use this pair yet; %1 stays as it is.");
  }
  if (backbone == "lora") {
    return tr(
        "A reasoning core with a LoRA adapter that Chat can switch on and off with %1; the "
        "model stays as it is. It cannot be merged.");
  }
  return tr(
      "A reasoning core that Chat can switch on and off with %1, with sliders for strength "
      "and effort; the model stays as it is. It cannot be merged.");
}

QStringList TrainForm::outcome() const {
  QStringList lines;
  if (!m_plan.isDone()) return lines;
  lines.append(resultText().arg(m_modelId));
  const auto keep = static_cast<int>(m_settings.number(QStringLiteral("keep_last")));
  lines.append(
      tr("The newest %n checkpoint(s) and the best one, %1 on disk at most.", nullptr, keep)
          .arg(sizeText(m_plan.diskBytes())));
  lines.append(tr("Training goes on when you close the window, and can be paused and resumed."));
  return lines;
}
