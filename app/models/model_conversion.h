// SPDX-License-Identifier: GPL-3.0-or-later
// Making another file of an installed model: what can be chosen, how large it becomes, and the
// conversion that runs in the engine. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QVariantList>

#include "app/engine/engine_state.h"

class ModelConversion : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged)
  // The conversion under way. Progress below 0: size unknown yet.
  Q_PROPERTY(bool isRunning READ isRunning NOTIFY changed)
  Q_PROPERTY(QString name READ name NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)
  Q_PROPERTY(QString detail READ detail NOTIFY changed)

 public:
  explicit ModelConversion(QObject* parent = nullptr) : QObject(parent) {}

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  bool isRunning() const { return m_status.state == "running"; }
  QString name() const { return QString::fromStdString(m_status.name); }
  double progress() const;
  QString detail() const;

  // Rows {value, text, note} for a file format (".gguf", ".safetensors", ".pth"): number formats
  // that it holds, with what they cost.
  Q_INVOKABLE QVariantList types(const QString& format) const;
  // "about 1.6 GB" for so many parameters in this type; empty when unknown.
  Q_INVOKABLE QString sizeNote(const QString& type, double parameters) const;
  // "model-q4_k"; without characters that a file name cannot have.
  Q_INVOKABLE QString proposedName(const QString& modelId, const QString& type) const;
  // Why this name cannot be used, one sentence; empty when it can.
  Q_INVOKABLE QString nameProblem(const QString& name) const;
  Q_INVOKABLE void start(const QString& modelId, const QString& type, const QString& fileName);
  Q_INVOKABLE void cancel();

  // One engine event; public for tests.
  void handleEvent(const QString& type, const QByteArray& json);

 signals:
  void engineChanged();
  void changed();
  // To be shown to the user: something went wrong, or something was finished.
  void failed(const QString& message);
  void finished(const QString& message);

 private:
  bool isReady() const { return m_engine && m_engine->isConnected(); }
  void fetch();
  void take(const greylag::protocol::ConversionStatus& status);

  QPointer<EngineState> m_engine;
  greylag::protocol::ConversionStatus m_status;
};
