// SPDX-License-Identifier: GPL-3.0-or-later
// Properties <-> JSON by their names.
#include "app/chat/chat_options.h"

#include <QJsonDocument>
#include <QMetaProperty>
#include <algorithm>

QByteArray ChatOptions::toJson() const {
  QJsonObject object;
  const QMetaObject* meta = metaObject();
  for (int i = meta->propertyOffset(); i < meta->propertyCount(); ++i) {
    object.insert(QString::fromLatin1(meta->property(i).name()),
                  QJsonValue::fromVariant(meta->property(i).read(this)));
  }
  return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

void ChatOptions::fromJson(const QByteArray& json) {
  const QJsonObject object = QJsonDocument::fromJson(json).object();
  const QMetaObject* meta = metaObject();
  for (int i = meta->propertyOffset(); i < meta->propertyCount(); ++i) {
    const QMetaProperty property = meta->property(i);
    const QJsonValue value = object.value(QString::fromLatin1(property.name()));
    const bool isText = property.metaType().id() == QMetaType::QString;
    if (isText ? value.isString() : value.isDouble()) {
      property.write(this, value.toVariant());
    }
  }
}

void ChatOptions::useConfiguration(const greylag::protocol::Configuration& configuration) {
  m_target = QString::fromStdString(configuration.name);
  m_adapter = QString::fromStdString(configuration.adapter);
  m_state = QString::fromStdString(configuration.state);
  m_systemPrompt = QString::fromStdString(configuration.system_prompt);
  m_temperature = configuration.temperature;
  m_topP = configuration.top_p;
  m_topK = static_cast<int>(configuration.top_k);
  m_presencePenalty = configuration.presence_penalty;
  m_frequencyPenalty = configuration.frequency_penalty;
  m_penaltyDecay = configuration.penalty_decay;
  m_maxTokens = static_cast<int>(configuration.max_tokens);
  emit changed();
}

QJsonObject ChatOptions::request(int coreCycles) const {
  QJsonObject body{{QStringLiteral("model"), m_target},
                   {QStringLiteral("temperature"), m_temperature},
                   {QStringLiteral("top_p"), m_topP},
                   {QStringLiteral("top_k"), m_topK},
                   {QStringLiteral("presence_penalty"), m_presencePenalty},
                   {QStringLiteral("frequency_penalty"), m_frequencyPenalty},
                   {QStringLiteral("penalty_decay"), m_penaltyDecay},
                   {QStringLiteral("max_tokens"), m_maxTokens}};
  if (!m_adapter.isEmpty()) {
    body.insert(QStringLiteral("adapter"), m_adapter);
  }
  if (!m_state.isEmpty()) {
    body.insert(QStringLiteral("state"), m_state);
  }
  if (m_seed >= 0) {
    body.insert(QStringLiteral("seed"), m_seed);
  }
  if (coreCycles > 0) {
    const bool isAll = m_hrmEffort < 1 || m_hrmEffort > coreCycles;
    body.insert(QStringLiteral("hrm_strength"), std::clamp(m_hrmStrength, 0.0, 1.0));
    body.insert(QStringLiteral("hrm_effort"), isAll ? coreCycles : m_hrmEffort);
  }
  return body;
}

void ChatOptions::resetSampler() {
  const greylag::protocol::Configuration plain;
  m_temperature = plain.temperature;
  m_topP = plain.top_p;
  m_topK = static_cast<int>(plain.top_k);
  m_presencePenalty = plain.presence_penalty;
  m_frequencyPenalty = plain.frequency_penalty;
  m_penaltyDecay = plain.penalty_decay;
  m_maxTokens = static_cast<int>(plain.max_tokens);
  m_seed = -1;
  m_hrmStrength = 1.0;
  m_hrmEffort = 0;
  emit changed();
}
