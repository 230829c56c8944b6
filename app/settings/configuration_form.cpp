// SPDX-License-Identifier: GPL-3.0-or-later
// GET /engine/configurations, PUT and DELETE of one. A renamed one is written first, then the old
// name is deleted, so that nothing is lost half way.
#include "app/settings/configuration_form.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using greylag::protocol::Configuration;

namespace {

QString pathOf(const QString& name) {
  return QStringLiteral("/engine/configurations/") + EngineClient::idPath(name);
}

QVariantMap toMap(const std::string& json) {
  return QJsonDocument::fromJson(QByteArray::fromStdString(json)).object().toVariantMap();
}

}  // namespace

void ConfigurationForm::setEngine(EngineState* engine) {
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
  connect(engine, &EngineState::connected, this, &ConfigurationForm::refresh);
  if (engine->isConnected()) {
    refresh();
  }
}

void ConfigurationForm::refresh() {
  m_engine->client()
      ->get(QStringLiteral("/engine/configurations"))
      ->then(this, [this](const EngineResponse& response) { take(response); });
}

void ConfigurationForm::take(const EngineResponse& response) {
  if (!response.ok()) {
    emit failed(response.error);
    return;
  }
  m_rows = QJsonDocument::fromJson(response.body)
               .object()
               .value(QLatin1String("configurations"))
               .toArray()
               .toVariantList();
  emit changed();
}

// The engine may have gone while it was asked.
void ConfigurationForm::tellOthers() {
  if (m_engine) {
    emit m_engine->configurationsChanged();
  }
}

QVariantMap ConfigurationForm::blank() const {
  return toMap(greylag::protocol::encode(Configuration{}));
}

bool ConfigurationForm::hasName(const QString& name) const {
  for (const QVariant& row : m_rows) {
    if (row.toMap().value(QStringLiteral("name")).toString() == name) {
      return true;
    }
  }
  return false;
}

void ConfigurationForm::save(const QVariantMap& configuration, const QString& oldName) {
  if (!m_engine) {
    return;
  }
  const QString name = configuration.value(QStringLiteral("name")).toString();
  const QByteArray json =
      QJsonDocument(QJsonObject::fromVariantMap(configuration)).toJson(QJsonDocument::Compact);
  m_engine->client()
      ->put(pathOf(name), json)
      ->then(this, [this, name, oldName](const EngineResponse& response) {
        take(response);
        if (!response.ok()) {
          return;
        }
        if (!oldName.isEmpty() && oldName != name) {
          remove(oldName);
        }
        tellOthers();
        emit saved(name);
      });
}

void ConfigurationForm::remove(const QString& name) {
  if (!m_engine) {
    return;
  }
  m_engine->client()->del(pathOf(name))->then(this, [this](const EngineResponse& response) {
    take(response);
    tellOthers();
  });
}
