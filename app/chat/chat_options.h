// SPDX-License-Identifier: GPL-3.0-or-later
// What does one conversation ask the model for? Who answers (a model or a named configuration),
// with which adapter or tuned state, the system prompt and the sampler. Stored as JSON with the
// conversation; a new one starts with those of the last one but its system prompt, which nobody
// would see (a named configuration keeps its own).
#pragma once

#include <QJsonObject>
#include <QObject>
#include <QQmlEngine>

#include "core/protocol/engine.h"

class ChatOptions : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("part of ChatSession")
  Q_PROPERTY(QString target MEMBER m_target NOTIFY changed)
  Q_PROPERTY(QString adapter MEMBER m_adapter NOTIFY changed)
  Q_PROPERTY(QString state MEMBER m_state NOTIFY changed)
  Q_PROPERTY(QString systemPrompt MEMBER m_systemPrompt NOTIFY changed)
  Q_PROPERTY(double temperature MEMBER m_temperature NOTIFY changed)
  Q_PROPERTY(double topP MEMBER m_topP NOTIFY changed)
  Q_PROPERTY(int topK MEMBER m_topK NOTIFY changed)
  Q_PROPERTY(double presencePenalty MEMBER m_presencePenalty NOTIFY changed)
  Q_PROPERTY(double frequencyPenalty MEMBER m_frequencyPenalty NOTIFY changed)
  Q_PROPERTY(double penaltyDecay MEMBER m_penaltyDecay NOTIFY changed)
  Q_PROPERTY(int maxTokens MEMBER m_maxTokens NOTIFY changed)
  // -1: another one every time
  Q_PROPERTY(int seed MEMBER m_seed NOTIFY changed)
  // How much of a reasoning core's answer counts, 0-1, and its H-cycles; 0: all of them.
  Q_PROPERTY(double hrmStrength MEMBER m_hrmStrength NOTIFY changed)
  Q_PROPERTY(int hrmEffort MEMBER m_hrmEffort NOTIFY changed)

 public:
  using QObject::QObject;

  QByteArray toJson() const;
  // Keys that are missing or of a wrong type keep their value.
  void fromJson(const QByteArray& json);
  // Takes everything that a named configuration decides.
  void useConfiguration(const greylag::protocol::Configuration& configuration);
  // The sampler's fields of a chat completion request, and model, adapter and state. coreCycles:
  // of the reasoning core that the adapter is; 0: it is none, and nothing is said about one.
  QJsonObject request(int coreCycles) const;
  QString target() const { return m_target; }
  QString adapter() const { return m_adapter; }
  QString state() const { return m_state; }
  QString systemPrompt() const { return m_systemPrompt; }
  Q_INVOKABLE void resetSampler();

 signals:
  void changed();

 private:
  QString m_target;
  QString m_adapter;
  QString m_state;
  QString m_systemPrompt;
  double m_temperature = 1.0;
  double m_topP = 0.5;
  int m_topK = 100;
  double m_presencePenalty = 0;
  double m_frequencyPenalty = 0;
  double m_penaltyDecay = 0.996;
  int m_maxTokens = 512;
  int m_seed = -1;
  double m_hrmStrength = 1.0;
  int m_hrmEffort = 0;
};
