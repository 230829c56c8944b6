// SPDX-License-Identifier: GPL-3.0-or-later
// One request to the engine: reads the answer or the engine's error object.
#include "app/engine/engine_call.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkReply>

EngineResponse readResponse(QNetworkReply* reply, const QByteArray& body) {
  EngineResponse response;
  response.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  response.body = body;
  if (reply->error() == QNetworkReply::NoError && response.status >= 200 && response.status < 300) {
    return response;
  }
  const QJsonObject error =
      QJsonDocument::fromJson(body).object().value(QLatin1String("error")).toObject();
  response.errorCode = error.value(QLatin1String("code")).toString();
  response.error = error.value(QLatin1String("message")).toString();
  if (!response.error.isEmpty()) {
    return response;
  }
  if (response.status == 0) {
    response.error =
        EngineCall::tr("The engine could not be reached (%1).").arg(reply->errorString());
  } else {
    response.error = EngineCall::tr("The engine answered with status %1.").arg(response.status);
  }
  return response;
}

EngineCall::EngineCall(QNetworkReply* reply, QObject* parent) : QObject(parent), m_reply(reply) {
  reply->setParent(this);
  connect(reply, &QNetworkReply::finished, this, [this, reply] {
    emit finished(readResponse(reply, reply->readAll()));
    deleteLater();
  });
}

EngineCall* EngineCall::then(QObject* context,
                             std::function<void(const EngineResponse&)> callback) {
  connect(this, &EngineCall::finished, context, std::move(callback));
  return this;
}

void EngineCall::abort() {
  if (m_reply) {
    m_reply->abort();
  }
}

greylag::ErrorCode EngineCall::errorCodeOf(int status) {
  switch (status) {
    case 400:
      return greylag::ErrorCode::InvalidArgument;
    case 401:
      return greylag::ErrorCode::Unauthorized;
    case 403:
      return greylag::ErrorCode::Forbidden;
    case 404:
      return greylag::ErrorCode::NotFound;
    case 409:
      return greylag::ErrorCode::Conflict;
    case 413:
      return greylag::ErrorCode::TooLarge;
    case 422:
      return greylag::ErrorCode::BadFile;
    case 0:
    case 503:
      return greylag::ErrorCode::Unavailable;
    case 507:
      return greylag::ErrorCode::NoSpace;
    default:
      return greylag::ErrorCode::Internal;
  }
}
