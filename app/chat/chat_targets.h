// SPDX-License-Identifier: GPL-3.0-or-later
// Who can answer? Named configurations and usable models in one list, and the adapters, tuned
// states and reasoning cores that fit a model. Follows the engine. Lists are QVariant lists because
// they are short and feed combo boxes.
#pragma once

#include <QObject>
#include <QPointer>
#include <QQmlEngine>
#include <QVariantList>
#include <optional>

#include "app/engine/engine_state.h"

class ChatTargets : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  // [{id, label, note, isConfiguration}]
  Q_PROPERTY(QVariantList targets READ targets NOTIFY targetsChanged)
  // [{id, label, note}] of installed models only, for forms
  Q_PROPERTY(QVariantList models READ models NOTIFY targetsChanged)
  Q_PROPERTY(bool hasUsableModel READ hasUsableModel NOTIFY targetsChanged)
  // False until the engine has answered once.
  Q_PROPERTY(bool isKnown READ isKnown NOTIFY targetsChanged)
  Q_PROPERTY(int modelCount READ modelCount NOTIFY targetsChanged)

 public:
  using QObject::QObject;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  QVariantList targets() const;
  QVariantList models() const;
  bool hasUsableModel() const { return !defaultTarget().isEmpty(); }
  bool isKnown() const { return m_isKnown; }
  int modelCount() const { return static_cast<int>(m_models.models.size()); }

  // Position of an id in `targets`; -1 if it is not there (any more).
  Q_INVOKABLE int indexOf(const QString& id) const;
  // Adapters for the model behind a target, first "none": [{id, label, note, method}].
  Q_INVOKABLE QVariantList adaptersFor(const QString& target) const;
  // The first usable target, a loaded model first; empty if there is none.
  Q_INVOKABLE QString defaultTarget() const;
  // The model behind a target: its own id, or the configuration's model.
  Q_INVOKABLE QString modelOf(const QString& target) const;
  // True when a chat with this adapter id must send it as "state".
  Q_INVOKABLE bool isState(const QString& adapter) const;
  // H-cycles of the reasoning core with this adapter id; 0 when it is none.
  int coreCycles(const QString& adapter) const;
  std::optional<greylag::protocol::Configuration> configuration(const QString& name) const;

 signals:
  void engineChanged();
  void targetsChanged();

 private:
  const greylag::protocol::AdapterStatus* findAdapter(const QString& id) const;
  void refresh();
  void refreshConfigurations();
  void refreshAdapters();
  void handleEvent(const QString& type, const QByteArray& json);

  QPointer<EngineState> m_engine;
  bool m_isKnown = false;
  greylag::protocol::ModelList m_models;
  greylag::protocol::AdapterList m_adapters;
  greylag::protocol::ConfigurationList m_configurations;
};
