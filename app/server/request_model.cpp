// SPDX-License-Identifier: GPL-3.0-or-later
// Fetched at every connection, then one row per `request` event.
#include "app/server/request_model.h"

#include <algorithm>

using greylag::Result;
using greylag::protocol::RequestList;
using greylag::protocol::RequestStatus;

void RequestModel::setEngine(EngineState* engine) {
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
  connect(engine, &EngineState::connected, this, &RequestModel::refresh);
  connect(engine, &EngineState::eventReceived, this, &RequestModel::handleEvent);
  if (engine->isConnected()) {
    refresh();
  }
}

void RequestModel::refresh() {
  m_engine->client()
      ->get(QStringLiteral("/engine/requests"))
      ->as<RequestList>(this, [this](const Result<RequestList>& list) {
        if (!list.ok()) {
          return;
        }
        beginResetModel();
        m_rows = QList<RequestStatus>(list->requests.begin(), list->requests.end());
        std::sort(m_rows.begin(), m_rows.end(),
                  [](const RequestStatus& a, const RequestStatus& b) { return a.id > b.id; });
        endResetModel();
        emit countChanged();
      });
}

void RequestModel::handleEvent(const QString& type, const QByteArray& json) {
  if (type != QLatin1String("request")) {
    return;
  }
  const Result<RequestStatus> fresh = greylag::protocol::decode<RequestStatus>(json.toStdString());
  if (!fresh.ok()) {
    return;
  }
  for (int i = 0; i < count(); ++i) {
    if (m_rows[i].id == fresh->id) {
      m_rows[i] = *fresh;
      emit dataChanged(index(i), index(i));
      return;
    }
  }
  beginInsertRows({}, 0, 0);
  m_rows.prepend(*fresh);
  endInsertRows();
  if (count() > kMaxRows) {
    beginRemoveRows({}, kMaxRows, count() - 1);
    m_rows.resize(kMaxRows);
    endRemoveRows();
  }
  emit countChanged();
}

int RequestModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant RequestModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const RequestStatus& row = m_rows[index.row()];
  switch (role) {
    case RouteRole:
      return QString::fromStdString(row.route);
    case ModelRole:
      return QString::fromStdString(row.model);
    case StateRole:
      return QString::fromStdString(row.state);
    case StatusRole:
      return row.status;
    case StartedRole:
      return row.started_unix_time;
    case SecondsRole:
      return row.seconds;
    case PromptTokensRole:
      return static_cast<int>(row.prompt_tokens);
    case CompletionTokensRole:
      return static_cast<int>(row.completion_tokens);
    case TokensPerSecondRole:
      return row.tokens_per_second;
    case RoofShareRole:
      return row.roof_share;
    default:
      return {};
  }
}

QHash<int, QByteArray> RequestModel::roleNames() const {
  return {{RouteRole, "route"},
          {ModelRole, "modelName"},
          {StateRole, "requestState"},
          {StatusRole, "status"},
          {StartedRole, "started"},
          {SecondsRole, "seconds"},
          {PromptTokensRole, "promptTokens"},
          {CompletionTokensRole, "completionTokens"},
          {TokensPerSecondRole, "tokensPerSecond"},
          {RoofShareRole, "roofShare"}};
}
