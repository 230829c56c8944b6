// SPDX-License-Identifier: GPL-3.0-or-later
// Attach or start, then follow the events until they stop, then again.
#include "app/engine/engine_state.h"

#include <algorithm>

#include "app/app_context.h"
#include "core/base/file.h"

using greylag::protocol::EngineStatus;
using greylag::protocol::Handshake;

namespace {
constexpr uint64_t kTokenLimit = 4096;
constexpr int kReconnectMs = 300;
constexpr int kMaxReconnectMs = 5000;
constexpr int kStatusMs = 5000;
}  // namespace

EngineState::EngineState(const greylag::Home& home, const QString& program, QObject* parent)
    : QObject(parent), m_home(home), m_process(home, program) {
  m_reconnectTimer.setSingleShot(true);
  connect(&m_reconnectTimer, &QTimer::timeout, this, [this] { probe(m_isAttached); });
  m_statusTimer.start(kStatusMs);
  connect(&m_statusTimer, &QTimer::timeout, this, &EngineState::refreshStatus);
  connect(&m_process, &EngineProcess::ready, this,
          [this](const Handshake& handshake) { useHandshake(handshake, false); });
  connect(&m_process, &EngineProcess::restarting, this, [this] {
    m_reconnectTimer.stop();
    setPhase(QStringLiteral("restarting"), tr("The engine stopped and is being started again."));
  });
  connect(&m_process, &EngineProcess::gaveUp, this, [this](const QString& reason) {
    m_reconnectTimer.stop();
    setPhase(QStringLiteral("failed"), reason);
  });
}

EngineState* EngineState::create(QQmlEngine* engine, QJSEngine* /*script*/) {
  return AppContext::of(engine)->shared(AppContext::of(engine)->engine());
}

void EngineState::open() {
  setPhase(QStringLiteral("starting"), tr("The engine is starting."));
  if (const auto record = m_process.liveRecord()) {
    useHandshake(*record, true);
  } else {
    m_process.start();
  }
}

void EngineState::close() {
  m_reconnectTimer.stop();
  delete m_events;
  m_events = nullptr;
  m_process.stop();
}

void EngineState::restart() {
  if (m_isAttached && isConnected()) {
    m_client.post(QStringLiteral("/engine/shutdown"));
    m_isAttached = false;
    setPhase(QStringLiteral("restarting"), tr("The engine is being started again."));
    return;  // its end is seen at the event stream
  }
  close();
  m_isAttached = false;
  open();
}

void EngineState::useHandshake(const Handshake& handshake, bool isAttached) {
  const auto token =
      greylag::read_text_file(greylag::path_from_utf8(handshake.control_token_file), kTokenLimit);
  if (!token.ok()) {
    if (isAttached) {
      m_process.start();
    } else {
      setPhase(QStringLiteral("failed"), QString::fromStdString(token.error().message));
    }
    return;
  }
  m_enginePid = handshake.pid;
  m_client.setEndpoint(handshake.port, QByteArray::fromStdString(*token).trimmed());
  m_reconnects = 0;
  probe(isAttached);
}

void EngineState::probe(bool isAttached) {
  m_isAttached = isAttached;
  m_client.get(QStringLiteral("/engine/status"))
      ->as<EngineStatus>(this, [this, isAttached](const greylag::Result<EngineStatus>& status) {
        if (status.ok() && status->pid == m_enginePid) {
          setStatus(*status);
          setPhase(QStringLiteral("ready"), {});
          openEvents();
          emit connected();
        } else if (isAttached) {
          m_isAttached = false;
          m_process.start();  // the engine that we were attached to is gone
        } else if (m_process.isRunning()) {
          handleLostEvents();
        }
      });
}

void EngineState::refreshStatus() {
  if (!isConnected()) {
    return;
  }
  m_client.get(QStringLiteral("/engine/status"))
      ->as<EngineStatus>(this, [this](const greylag::Result<EngineStatus>& status) {
        if (status.ok() && isConnected() && status->pid == m_enginePid) {
          setStatus(*status);
        }
      });
}

void EngineState::openEvents() {
  delete m_events;
  m_events = m_client.stream(QStringLiteral("/engine/events"), {}, this);
  connect(m_events, &EngineStream::message, this, &EngineState::handleEvent);
  connect(m_events, &EngineStream::ended, this, &EngineState::handleLostEvents);
  connect(m_events, &EngineStream::failed, this, &EngineState::handleLostEvents);
}

void EngineState::handleEvent(const SseMessage& message) {
  m_reconnects = 0;
  if (message.event == "status") {
    const auto status = greylag::protocol::decode<EngineStatus>(message.data.toStdString());
    if (status.ok()) {
      setStatus(*status);
    }
  }
  emit eventReceived(QString::fromLatin1(message.event), message.data);
}

void EngineState::handleLostEvents() {
  if (m_events) {
    m_events->deleteLater();
    m_events = nullptr;
  }
  if (m_phase == QLatin1String("ready")) {
    setPhase(QStringLiteral("restarting"), tr("The connection to the engine was lost."));
  }
  if (!m_isAttached && !m_process.isRunning()) {
    if (m_phase != QLatin1String("failed")) {
      m_process.start();
    }
    return;
  }
  m_reconnectTimer.start(std::min(kReconnectMs << std::min(m_reconnects, 4), kMaxReconnectMs));
  ++m_reconnects;
}

void EngineState::setPhase(const QString& phase, const QString& message) {
  if (m_phase != phase || m_message != message) {
    m_phase = phase;
    m_message = message;
    emit phaseChanged();
  }
}

void EngineState::setStatus(const EngineStatus& status) {
  m_status = status;
  emit statusChanged();
}

QStringList EngineState::loadedModels() const {
  QStringList ids;
  for (const std::string& id : m_status.loaded_models) {
    ids.append(QString::fromStdString(id));
  }
  return ids;
}

QString EngineState::homeFolder() const {
  return QString::fromStdString(greylag::path_to_utf8(m_home.root));
}
