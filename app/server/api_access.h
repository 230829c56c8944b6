// SPDX-License-Identifier: GPL-3.0-or-later
// How does another program reach the models? Base URL, the api token of HOME/api.token, and the
// same request in curl, Python and JavaScript.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>

#include "app/engine/engine_state.h"

class ApiAccess : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  Q_PROPERTY(QString baseUrl READ baseUrl NOTIFY accessChanged)
  // Empty until the engine is connected.
  Q_PROPERTY(QString token READ token NOTIFY accessChanged)

 public:
  using QObject::QObject;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  QString baseUrl() const;
  QString token() const { return m_token; }

  // language: "curl", "python", "javascript". hidden: the token is replaced by dots.
  Q_INVOKABLE QString example(const QString& language, const QString& model, bool hidden) const;
  Q_INVOKABLE void renewToken();

 signals:
  void engineChanged();
  void accessChanged();
  void renewed();
  void failed(const QString& reason);

 private:
  void readToken();

  QPointer<EngineState> m_engine;
  QString m_token;
};
