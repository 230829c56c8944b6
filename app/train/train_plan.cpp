// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/train/train_plan.h"

#include <QLocale>
#include <algorithm>

#include "app/models/figures.h"

TrainPlan::TrainPlan(QObject* parent) : QObject(parent) {}

void TrainPlan::clear() {
  if (!m_isDone) return;
  m_isDone = false;
  m_reply = {};
  emit changed();
}

void TrainPlan::setReply(const greylag::protocol::PlanReply& reply) {
  m_isDone = true;
  m_reply = reply;
  emit changed();
}

bool TrainPlan::fits() const {
  return m_reply.memory_available_bytes == 0 ||
         m_reply.total_bytes <= m_reply.memory_available_bytes;
}

QVariantList TrainPlan::segments() const {
  const uint64_t used = m_reply.weight_bytes + m_reply.optimizer_bytes + m_reply.activation_bytes;
  const uint64_t whole = std::max({used, m_reply.memory_available_bytes, uint64_t{1}});
  QVariantList parts;
  const auto add = [&](const char* name, const QString& label, uint64_t bytes) {
    parts.append(QVariantMap{
        {QStringLiteral("name"), QString::fromLatin1(name)},
        {QStringLiteral("label"), label},
        {QStringLiteral("text"), sizeText(bytes)},
        {QStringLiteral("share"), static_cast<double>(bytes) / static_cast<double>(whole)}});
  };
  add("weights", tr("Weights"), m_reply.weight_bytes);
  add("optimizer", tr("Optimizer"), m_reply.optimizer_bytes);
  add("activations", tr("Activations"), m_reply.activation_bytes);
  add("free", tr("Free"), whole - used);
  return parts;
}

QString TrainPlan::memoryText() const {
  const QString total = sizeText(m_reply.total_bytes);
  if (m_reply.memory_available_bytes == 0) return tr("%1 of memory").arg(total);
  const QString available = sizeText(m_reply.memory_available_bytes);
  if (fits()) return tr("%1 of %2 available memory").arg(total, available);
  if (m_reply.config.method == "hrm") {
    return tr("%1, but only %2 are available: choose a smaller batch, context or core")
        .arg(total, available);
  }
  return tr("%1, but only %2 are available: choose a smaller batch or context, or LoRA")
      .arg(total, available);
}

QString TrainPlan::parametersText() const { return countText(m_reply.trainable_parameters); }

QString TrainPlan::timeText() const {
  if (m_reply.estimated_seconds <= 0) return tr("not known yet");
  return tr("about %1").arg(durationText(m_reply.estimated_seconds));
}

QString TrainPlan::epochsText() const {
  return QLocale().toString(m_reply.epochs, 'f', m_reply.epochs < 10 ? 1 : 0);
}

uint64_t TrainPlan::diskBytes() const {
  const auto kept = static_cast<uint64_t>(std::max<int64_t>(1, m_reply.config.keep_last));
  return m_reply.checkpoint_bytes * (kept + 1);  // the best one beside the newest
}

QString TrainPlan::checkpointText() const {
  return tr("%1 each, at most %2 at once")
      .arg(sizeText(m_reply.checkpoint_bytes), sizeText(diskBytes()));
}

QStringList TrainPlan::warnings() const {
  QStringList texts;
  for (const std::string& warning : m_reply.warnings) texts.append(QString::fromStdString(warning));
  return texts;
}
