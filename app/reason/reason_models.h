// SPDX-License-Identifier: GPL-3.0-or-later
// Which puzzle reasoners are there, in what order, and can the page draw their puzzles?
#pragma once

#include <QCoreApplication>
#include <QString>
#include <QVariantList>

#include "core/protocol/reason.h"

class ReasonModels {
  Q_DECLARE_TR_FUNCTIONS(ReasonModels)

 public:
  // Built-in ones first, then by id.
  void set(greylag::protocol::ReasonModelList list);

  // [{id, label, note}]
  QVariantList rows() const;
  int count() const { return static_cast<int>(m_list.models.size()); }
  int indexOf(const QString& id) const;
  // The first that works and can be drawn, else the first; empty when there is none.
  QString preferred() const;
  // A usable one for Sudokus of this size; empty when there is none.
  QString forSize(int size) const;
  // Rows of the model's Sudokus; 0: not known, or its puzzles are none that the page draws.
  int sizeOf(const QString& id) const;
  // Why the page cannot solve with it, in one or two sentences; empty when it can.
  QString obstacle(const QString& id) const;

 private:
  const greylag::protocol::ReasonModel* find(const QString& id) const;

  greylag::protocol::ReasonModelList m_list;
};
