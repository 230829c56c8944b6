// SPDX-License-Identifier: GPL-3.0-or-later
// What came of one request to the engine? An EngineCall lives until its answer was delivered and
// then deletes itself; deleting the context object of then() drops the answer. GUI thread only.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <functional>

#include "core/base/result.h"
#include "core/protocol/codec.h"

class QNetworkReply;

struct EngineResponse {
  int status = 0;     // HTTP status; 0 = the engine could not be reached
  QByteArray body;    // JSON
  QString error;      // one sentence for a user; empty when the request worked
  QString errorCode;  // the engine's code, e.g. "model_not_found"
  bool ok() const { return error.isEmpty(); }
};

// The error of a finished reply: the engine's own sentence when it sent one.
EngineResponse readResponse(QNetworkReply* reply, const QByteArray& body);

class EngineCall : public QObject {
  Q_OBJECT

 public:
  explicit EngineCall(QNetworkReply* reply, QObject* parent = nullptr);

  // Calls back once, never from inside this function. Returns this.
  EngineCall* then(QObject* context, std::function<void(const EngineResponse&)> callback);

  // Like then(), with the reply decoded as T; a failed request is an Error with its sentence.
  template <typename T>
  EngineCall* as(QObject* context, std::function<void(const greylag::Result<T>&)> callback) {
    return then(context, [callback = std::move(callback)](const EngineResponse& response) {
      if (response.ok()) {
        callback(greylag::protocol::decode<T>(response.body.toStdString()));
      } else {
        callback(greylag::Error{errorCodeOf(response.status), response.error.toStdString()});
      }
    });
  }
  void abort();

 signals:
  void finished(const EngineResponse& response);

 private:
  static greylag::ErrorCode errorCodeOf(int status);

  QPointer<QNetworkReply> m_reply;
};
