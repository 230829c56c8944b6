// SPDX-License-Identifier: GPL-3.0-or-later
// Three lists of the engine, fetched at every connection and when an event says so.
#include "app/chat/chat_targets.h"

#include <QLocale>
#include <algorithm>

#include "app/models/adapter_list_model.h"

using greylag::Result;
using greylag::protocol::AdapterList;
using greylag::protocol::AdapterStatus;
using greylag::protocol::Configuration;
using greylag::protocol::ConfigurationList;
using greylag::protocol::ModelList;
using greylag::protocol::ModelStatus;

namespace {

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QString noteOf(const ModelStatus& model) {
  const QString size = QLocale().formattedDataSize(static_cast<qint64>(model.size_bytes), 1,
                                                   QLocale::DataSizeSIFormat);
  QString note = text(model.architecture);
  note += (note.isEmpty() ? QString() : QStringLiteral(" · ")) + text(model.dtype);
  note += QStringLiteral(" · ") + size;
  if (model.is_builtin) {
    note += QStringLiteral(" · ") + ChatTargets::tr("built in");
  }
  return note;
}

QVariantMap entry(const QString& id, const QString& label, const QString& note) {
  return {
      {QStringLiteral("id"), id}, {QStringLiteral("label"), label}, {QStringLiteral("note"), note}};
}

}  // namespace

void ChatTargets::setEngine(EngineState* engine) {
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
  connect(engine, &EngineState::connected, this, &ChatTargets::refresh);
  connect(engine, &EngineState::eventReceived, this, &ChatTargets::handleEvent);
  connect(engine, &EngineState::configurationsChanged, this, &ChatTargets::refreshConfigurations);
  if (engine->isConnected()) {
    refresh();
  }
}

void ChatTargets::refresh() {
  refreshAdapters();
  // One after the other: the models make the lists known, and a conversation that names a
  // configuration must find it by then.
  m_engine->client()
      ->get(QStringLiteral("/engine/configurations"))
      ->as<ConfigurationList>(this, [this](const Result<ConfigurationList>& configurations) {
        if (configurations.ok()) {
          m_configurations = *configurations;
        }
        if (!m_engine) {
          return;
        }
        m_engine->client()
            ->get(QStringLiteral("/engine/models"))
            ->as<ModelList>(this, [this](const Result<ModelList>& list) {
              if (list.ok()) {
                m_models = *list;
                m_isKnown = true;
                emit targetsChanged();
              }
            });
      });
}

void ChatTargets::refreshConfigurations() {
  m_engine->client()
      ->get(QStringLiteral("/engine/configurations"))
      ->as<ConfigurationList>(this, [this](const Result<ConfigurationList>& list) {
        if (list.ok()) {
          m_configurations = *list;
          emit targetsChanged();
        }
      });
}

void ChatTargets::refreshAdapters() {
  m_engine->client()
      ->get(QStringLiteral("/engine/adapters"))
      ->as<AdapterList>(this, [this](const Result<AdapterList>& list) {
        if (list.ok()) {
          m_adapters = *list;
          emit targetsChanged();
        }
      });
}

void ChatTargets::handleEvent(const QString& type, const QByteArray& json) {
  if (type == QLatin1String("models") || type == QLatin1String("model") ||
      type == QLatin1String("import")) {
    refresh();
  } else if (type == QLatin1String("run") &&
             (json.contains("\"finished\"") || json.contains("\"stopped\""))) {
    refreshAdapters();
  }
}

QVariantList ChatTargets::targets() const {
  QVariantList list;
  for (const Configuration& configuration : m_configurations.configurations) {
    QVariantMap row = entry(text(configuration.name), text(configuration.name),
                            tr("Configuration · %1").arg(text(configuration.model)));
    row.insert(QStringLiteral("isConfiguration"), true);
    list.append(row);
  }
  for (const QVariant& model : models()) {
    QVariantMap row = model.toMap();
    row.insert(QStringLiteral("isConfiguration"), false);
    list.append(row);
  }
  return list;
}

QVariantList ChatTargets::models() const {
  QVariantList list;
  for (const ModelStatus& model : m_models.models) {
    if (model.problem.empty()) {
      list.append(entry(text(model.id), text(model.id), noteOf(model)));
    }
  }
  return list;
}

int ChatTargets::indexOf(const QString& id) const {
  const QVariantList list = targets();
  for (qsizetype i = 0; i < list.size(); ++i) {
    if (list[i].toMap().value(QStringLiteral("id")).toString() == id) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

QVariantList ChatTargets::adaptersFor(const QString& target) const {
  QVariantList list{entry({}, tr("No adapter"), tr("the model as it is"))};
  const std::string model = modelOf(target).toStdString();
  for (const AdapterStatus& adapter : m_adapters.adapters) {
    if (!adapter.base_model.empty() && adapter.base_model != model) {
      continue;
    }
    list.append(entry(text(adapter.id), text(adapter.id), adapterMethodText(adapter)));
  }
  return list;
}

QString ChatTargets::defaultTarget() const {
  QString first;
  for (const ModelStatus& model : m_models.models) {
    if (!model.problem.empty()) {
      continue;
    }
    if (model.is_loaded) {
      return text(model.id);
    }
    if (first.isEmpty()) {
      first = text(model.id);
    }
  }
  return first;
}

QString ChatTargets::modelOf(const QString& target) const {
  const auto found = configuration(target);
  return found ? text(found->model) : target;
}

const AdapterStatus* ChatTargets::findAdapter(const QString& id) const {
  const std::string wanted = id.toStdString();
  for (const AdapterStatus& status : m_adapters.adapters) {
    if (status.id == wanted) {
      return &status;
    }
  }
  return nullptr;
}

bool ChatTargets::isState(const QString& adapter) const {
  const AdapterStatus* found = findAdapter(adapter);
  return found != nullptr && found->method == "state";
}

int ChatTargets::coreCycles(const QString& adapter) const {
  const AdapterStatus* found = findAdapter(adapter);
  const bool isCore = found != nullptr && found->method == "hrm";
  return isCore ? static_cast<int>(std::max<int64_t>(1, found->cycles)) : 0;
}

std::optional<Configuration> ChatTargets::configuration(const QString& name) const {
  const std::string wanted = name.toStdString();
  for (const Configuration& configuration : m_configurations.configurations) {
    if (configuration.name == wanted) {
      return configuration;
    }
  }
  return std::nullopt;
}
