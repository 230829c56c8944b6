// SPDX-License-Identifier: GPL-3.0-or-later
// The requests of API clients, live and among the last hundred, newest first.
#pragma once

#include <QAbstractListModel>
#include <QPointer>
#include <QQmlEngine>

#include "app/engine/engine_state.h"

class RequestModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine READ engine WRITE setEngine NOTIFY engineChanged REQUIRED)
  Q_PROPERTY(int count READ count NOTIFY countChanged)

 public:
  static constexpr int kMaxRows = 100;
  enum Role {
    RouteRole = Qt::UserRole + 1,
    ModelRole,
    StateRole,
    StatusRole,
    StartedRole,
    SecondsRole,
    PromptTokensRole,
    CompletionTokensRole,
    TokensPerSecondRole,
    RoofShareRole
  };

  using QAbstractListModel::QAbstractListModel;

  EngineState* engine() const { return m_engine; }
  void setEngine(EngineState* engine);
  int count() const { return static_cast<int>(m_rows.size()); }

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

 signals:
  void engineChanged();
  void countChanged();

 private:
  void refresh();
  void handleEvent(const QString& type, const QByteArray& json);

  QPointer<EngineState> m_engine;
  QList<greylag::protocol::RequestStatus> m_rows;
};
