// SPDX-License-Identifier: GPL-3.0-or-later
// GET and PUT /engine/settings, GET /engine/devices.
#include "app/settings/engine_form.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/protocol/codec.h"

using greylag::Result;
using greylag::protocol::DeviceList;
using greylag::protocol::DeviceStatus;
using greylag::protocol::EngineSettings;

namespace {
constexpr uint64_t kSettingsLimit = uint64_t{1} << 22;
}

void EngineForm::setEngine(EngineState* engine) {
  if (m_engine == engine) {
    return;
  }
  if (m_engine) {
    disconnect(m_engine, nullptr, this, nullptr);
  }
  m_engine = engine;
  emit engineChanged();
  if (!engine) {
    return;
  }
  connect(engine, &EngineState::connected, this, [this] {
    m_needsRestart = false;
    refresh();
  });
  connect(engine, &EngineState::phaseChanged, this, &EngineForm::readFile);
  if (engine->isConnected()) {
    refresh();
  }
  readFile();
}

// Of an engine that is not there; HOME without a file has the defaults.
void EngineForm::readFile() {
  if (m_engine->phase() != QLatin1String("failed")) {
    return;
  }
  const auto text = greylag::read_text_file(m_engine->home().engine_settings(), kSettingsLimit);
  if (!text.ok() && text.error().code != greylag::ErrorCode::NotFound) {
    return;
  }
  const auto settings = text.ok() ? greylag::protocol::decode<EngineSettings>(*text)
                                  : Result<EngineSettings>(EngineSettings{});
  if (settings.ok()) {
    m_settings = *settings;
    m_isKnown = true;
    emit changed();
    emit devicesChanged();
  }
}

void EngineForm::refresh() {
  m_engine->client()
      ->get(QStringLiteral("/engine/settings"))
      ->as<EngineSettings>(this, [this](const Result<EngineSettings>& settings) {
        if (settings.ok()) {
          m_settings = *settings;
          m_isKnown = true;
          emit changed();
        } else {
          emit failed(QString::fromStdString(settings.error().message));
        }
      });
  m_engine->client()
      ->get(QStringLiteral("/engine/devices"))
      ->as<DeviceList>(this, [this](const Result<DeviceList>& devices) {
        if (devices.ok()) {
          m_devices = *devices;
          emit devicesChanged();
        }
      });
}

QVariantList EngineForm::devices() const {
  const auto row = [](const QString& id, const QString& label, const QString& note, bool usable) {
    return QVariantMap{{QStringLiteral("id"), id},
                       {QStringLiteral("label"), label},
                       {QStringLiteral("note"), note},
                       {QStringLiteral("isUsable"), usable}};
  };
  QVariantList list{
      row(QStringLiteral("auto"), tr("Automatic"), tr("the fastest that works"), true)};
  for (const DeviceStatus& device : m_devices.devices) {
    const std::string& note = device.is_usable ? device.detail : device.why;
    list.append(row(QString::fromStdString(device.id), QString::fromStdString(device.name),
                    QString::fromStdString(note), device.is_usable));
  }
  const auto isChosen = [this](const QVariant& entry) {
    return entry.toMap().value(QStringLiteral("id")).toString() == device();
  };
  if (std::none_of(list.begin(), list.end(), isChosen)) {  // the engine that knows it is not there
    list.append(row(device(), device(), {}, true));
  }
  return list;
}

void EngineForm::setPort(int port) {
  EngineSettings wanted = m_settings;
  wanted.port = port;
  save(wanted, true);
}

void EngineForm::setDevice(const QString& device) {
  EngineSettings wanted = m_settings;
  wanted.device = device.toStdString();
  save(wanted, true);
}

void EngineForm::setThreads(int threads) {
  EngineSettings wanted = m_settings;
  wanted.threads = threads;
  save(wanted, true);
}

void EngineForm::setDefaultModel(const QString& model) {
  EngineSettings wanted = m_settings;
  wanted.default_model = model.toStdString();
  save(wanted, false);
}

void EngineForm::save(const EngineSettings& wanted, bool needsRestart) {
  if (!m_engine) {
    return;
  }
  if (m_engine->phase() == QLatin1String("failed")) {
    const greylag::Status written = greylag::write_file_atomic(
        m_engine->home().engine_settings(), greylag::protocol::encode(wanted) + "\n");
    take(written.ok() ? Result<EngineSettings>(wanted) : written.error(), true);
    return;
  }
  m_engine->client()
      ->put(QStringLiteral("/engine/settings"), wanted)
      ->as<EngineSettings>(this, [this, needsRestart](const Result<EngineSettings>& saved) {
        take(saved, needsRestart);
      });
}

void EngineForm::take(const Result<EngineSettings>& saved, bool needsRestart) {
  if (saved.ok()) {
    m_settings = *saved;
    m_needsRestart = m_needsRestart || needsRestart;
  } else {
    emit failed(QString::fromStdString(saved.error().message));
  }
  emit changed();
}
