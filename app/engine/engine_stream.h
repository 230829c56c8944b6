// SPDX-License-Identifier: GPL-3.0-or-later
// One long server-sent event stream from the engine. It has its own QNetworkAccessManager, because
// Qt shares six connections per host among the requests of one. Closing it is how the engine
// learns that nobody listens any more. GUI thread only.
#pragma once

#include <QNetworkAccessManager>
#include <QObject>
#include <QPointer>

#include "app/engine/engine_call.h"
#include "app/engine/sse_parser.h"

class EngineStream : public QObject {
  Q_OBJECT

 public:
  // body empty: GET, else POST.
  EngineStream(const QNetworkRequest& request, const QByteArray& body, QObject* parent);
  ~EngineStream() override;

  // Ends the stream without any further signal.
  void close();

 signals:
  void message(const SseMessage& message);
  // Exactly one at the end: the server closed the stream properly, or it failed.
  void ended();
  void failed(const EngineResponse& response);

 private:
  void readPart();
  void finish();

  QNetworkAccessManager m_network;
  QPointer<QNetworkReply> m_reply;
  SseParser m_parser;
  QByteArray m_errorBody;
};
