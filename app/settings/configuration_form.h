// SPDX-License-Identifier: GPL-3.0-or-later
// Named configurations: a model with its adapter, system prompt and sampler under one name, which
// Chat and API clients use like a model. Lists, saves and deletes them.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>
#include <QVariantList>
#include <QVariantMap>

#include "app/engine/engine_state.h"

class ConfigurationForm : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  // Maps with the keys of protocol::Configuration.
  Q_PROPERTY(QVariantList configurations READ configurations NOTIFY changed)

 public:
  using QObject::QObject;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  QVariantList configurations() const { return m_rows; }

  // A configuration with defaults.
  Q_INVOKABLE QVariantMap blank() const;
  // oldName: the name before editing; empty for a new one.
  Q_INVOKABLE void save(const QVariantMap& configuration, const QString& oldName);
  Q_INVOKABLE void remove(const QString& name);
  Q_INVOKABLE bool hasName(const QString& name) const;

 signals:
  void engineChanged();
  void changed();
  void saved(const QString& name);
  void failed(const QString& reason);

 private:
  void refresh();
  void take(const EngineResponse& response);
  void tellOthers();

  QPointer<EngineState> m_engine;
  QVariantList m_rows;
};
