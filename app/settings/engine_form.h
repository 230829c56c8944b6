// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's settings as the user edits them: port, device, threads, default model. They go
// through the engine, or to its file while there is none: a setting may be what keeps it from
// starting. A new port or device is used after a restart, which needsRestart reports.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>
#include <QVariantList>

#include "app/engine/engine_state.h"

class EngineForm : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  Q_PROPERTY(bool isKnown READ isKnown NOTIFY changed)
  Q_PROPERTY(int port READ port NOTIFY changed)
  Q_PROPERTY(QString device READ device NOTIFY changed)
  Q_PROPERTY(int threads READ threads NOTIFY changed)
  Q_PROPERTY(QString defaultModel READ defaultModel NOTIFY changed)
  Q_PROPERTY(bool needsRestart READ needsRestart NOTIFY changed)
  // [{id, label, note, isUsable}], first "auto"
  Q_PROPERTY(QVariantList devices READ devices NOTIFY devicesChanged)

 public:
  using QObject::QObject;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  bool isKnown() const { return m_isKnown; }
  int port() const { return m_settings.port; }
  QString device() const { return QString::fromStdString(m_settings.device); }
  int threads() const { return static_cast<int>(m_settings.threads); }
  QString defaultModel() const { return QString::fromStdString(m_settings.default_model); }
  bool needsRestart() const { return m_needsRestart; }
  QVariantList devices() const;

  Q_INVOKABLE void setPort(int port);
  Q_INVOKABLE void setDevice(const QString& device);
  Q_INVOKABLE void setThreads(int threads);
  Q_INVOKABLE void setDefaultModel(const QString& model);

 signals:
  void engineChanged();
  void changed();
  void devicesChanged();
  void failed(const QString& reason);

 private:
  void refresh();
  void readFile();
  void take(const greylag::Result<greylag::protocol::EngineSettings>& saved, bool needsRestart);
  void save(const greylag::protocol::EngineSettings& wanted, bool needsRestart);

  QPointer<EngineState> m_engine;
  bool m_isKnown = false;
  bool m_needsRestart = false;
  greylag::protocol::EngineSettings m_settings;
  greylag::protocol::DeviceList m_devices;
};
