// SPDX-License-Identifier: GPL-3.0-or-later
// Is there an engine, what does it run on, and what is it doing? Attaches to a live engine or
// starts one, follows /engine/events, reconnects. QML singleton `Engine`; everything that needs
// the engine takes it as a property (`engine: Engine`) and uses client(). GUI thread only.
#pragma once

#include <QObject>
#include <QQmlEngine>
#include <QStringList>
#include <QTimer>

#include "app/engine/engine_client.h"
#include "app/engine/engine_process.h"
#include "core/protocol/engine.h"

class EngineState : public QObject {
  Q_OBJECT
  QML_NAMED_ELEMENT(Engine)
  QML_SINGLETON
  // "starting", "ready", "restarting", "failed"
  Q_PROPERTY(QString phase READ phase NOTIFY phaseChanged)
  Q_PROPERTY(bool isConnected READ isConnected NOTIFY phaseChanged)
  // One sentence about the phase; why it failed.
  Q_PROPERTY(QString message READ message NOTIFY phaseChanged)
  Q_PROPERTY(QString stderrTail READ stderrTail NOTIFY phaseChanged)
  // True when the engine belongs to another window or a terminal.
  Q_PROPERTY(bool isAttached READ isAttached NOTIFY phaseChanged)
  Q_PROPERTY(QString deviceId READ deviceId NOTIFY statusChanged)
  Q_PROPERTY(QString deviceName READ deviceName NOTIFY statusChanged)
  Q_PROPERTY(QString deviceDetail READ deviceDetail NOTIFY statusChanged)
  Q_PROPERTY(QString deviceWhy READ deviceWhy NOTIFY statusChanged)
  Q_PROPERTY(QString engineVersion READ engineVersion NOTIFY statusChanged)
  Q_PROPERTY(int port READ port NOTIFY statusChanged)
  // The chosen port, when another program holds it and `port` is a free one instead; else 0.
  Q_PROPERTY(int takenPort READ takenPort NOTIFY phaseChanged)
  Q_PROPERTY(QStringList loadedModels READ loadedModels NOTIFY statusChanged)
  Q_PROPERTY(double memoryResidentBytes READ memoryResidentBytes NOTIFY statusChanged)
  Q_PROPERTY(double memoryAvailableBytes READ memoryAvailableBytes NOTIFY statusChanged)
  Q_PROPERTY(double diskFreeBytes READ diskFreeBytes NOTIFY statusChanged)
  Q_PROPERTY(int running READ running NOTIFY statusChanged)
  Q_PROPERTY(int waiting READ waiting NOTIFY statusChanged)
  Q_PROPERTY(QString homeFolder READ homeFolder CONSTANT)

 public:
  EngineState(const greylag::Home& home, const QString& program, QObject* parent = nullptr);
  static EngineState* create(QQmlEngine* engine, QJSEngine* script);

  // Attaches or starts. Called once by main.
  void open();
  void close();
  EngineClient* client() { return &m_client; }
  const greylag::Home& home() const { return m_home; }

  QString phase() const { return m_phase; }
  bool isConnected() const { return m_phase == QLatin1String("ready"); }
  QString message() const { return m_message; }
  QString stderrTail() const { return m_process.stderrTail(); }
  bool isAttached() const { return m_isAttached; }
  QString deviceId() const { return QString::fromStdString(m_status.device.id); }
  QString deviceName() const { return QString::fromStdString(m_status.device.name); }
  QString deviceDetail() const { return QString::fromStdString(m_status.device.detail); }
  QString deviceWhy() const { return QString::fromStdString(m_status.device.why); }
  QString engineVersion() const { return QString::fromStdString(m_status.version); }
  int port() const { return m_client.port(); }
  int takenPort() const { return m_isAttached ? 0 : m_process.takenPort(); }
  QStringList loadedModels() const;
  // Of the device that computes.
  double deviceMemoryBytes() const { return static_cast<double>(m_status.device.memory_bytes); }
  double memoryResidentBytes() const { return static_cast<double>(m_status.memory_resident_bytes); }
  double memoryAvailableBytes() const {
    return static_cast<double>(m_status.memory_available_bytes);
  }
  double diskFreeBytes() const { return static_cast<double>(m_status.disk_free_bytes); }
  int running() const { return m_status.running; }
  int waiting() const { return m_status.waiting; }
  QString homeFolder() const;

  // After giving up, or to use a changed port or device.
  Q_INVOKABLE void restart();

 signals:
  void phaseChanged();
  void statusChanged();
  // A connection was made (again): every list may have changed, fetch it now.
  void connected();
  // This window changed the named configurations (the engine sends no event for that).
  void configurationsChanged();
  // One message of /engine/events (types: core/protocol/engine.h).
  void eventReceived(const QString& type, const QByteArray& json);

 private:
  void useHandshake(const greylag::protocol::Handshake& handshake, bool isAttached);
  void probe(bool isAttached);
  void openEvents();
  void handleEvent(const SseMessage& message);
  void handleLostEvents();
  void setPhase(const QString& phase, const QString& message);
  void setStatus(const greylag::protocol::EngineStatus& status);
  void refreshStatus();

  greylag::Home m_home;
  EngineClient m_client;
  EngineProcess m_process;
  EngineStream* m_events = nullptr;
  QTimer m_reconnectTimer;
  QTimer m_statusTimer;  // memory and disk change without an event
  int m_reconnects = 0;
  QString m_phase = QStringLiteral("starting");
  QString m_message;
  bool m_isAttached = false;
  int64_t m_enginePid = 0;  // as its handshake says: who answers at the port must say the same
  greylag::protocol::EngineStatus m_status;
};
