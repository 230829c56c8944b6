// SPDX-License-Identifier: GPL-3.0-or-later
// What will a run cost? The engine's plan in words and as the parts of a memory bar. GUI thread.
#pragma once

#include <QtQml/qqmlregistration.h>

#include <QObject>
#include <QStringList>
#include <QVariantList>

#include "core/protocol/training.h"

class TrainPlan : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The wizard owns its plan.")
  Q_PROPERTY(bool isDone READ isDone NOTIFY changed)
  // {name: "weights"|"optimizer"|"activations"|"free", label, text, share}; shares add up to 1.
  Q_PROPERTY(QVariantList segments READ segments NOTIFY changed)
  Q_PROPERTY(QString memoryText READ memoryText NOTIFY changed)
  Q_PROPERTY(bool fits READ fits NOTIFY changed)
  Q_PROPERTY(QString parametersText READ parametersText NOTIFY changed)
  Q_PROPERTY(QString timeText READ timeText NOTIFY changed)
  Q_PROPERTY(QString epochsText READ epochsText NOTIFY changed)
  Q_PROPERTY(QString checkpointText READ checkpointText NOTIFY changed)
  Q_PROPERTY(QStringList warnings READ warnings NOTIFY changed)

 public:
  explicit TrainPlan(QObject* parent = nullptr);

  void clear();
  void setReply(const greylag::protocol::PlanReply& reply);
  const greylag::protocol::PlanReply& reply() const { return m_reply; }

  bool isDone() const { return m_isDone; }
  QVariantList segments() const;
  QString memoryText() const;
  bool fits() const;
  QString parametersText() const;
  QString timeText() const;
  QString epochsText() const;
  QString checkpointText() const;
  QStringList warnings() const;
  uint64_t diskBytes() const;  // all checkpoints that exist at once

 signals:
  void changed();

 private:
  bool m_isDone = false;
  greylag::protocol::PlanReply m_reply;
};
