// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a stream part by part; an error status has a JSON body instead of messages.
#include "app/engine/engine_stream.h"

#include <QNetworkProxy>
#include <QNetworkReply>

EngineStream::EngineStream(const QNetworkRequest& request, const QByteArray& body, QObject* parent)
    : QObject(parent) {
  m_network.setProxy(QNetworkProxy::NoProxy);
  QNetworkRequest copy(request);
  copy.setRawHeader("Accept", "text/event-stream");
  m_reply = body.isEmpty() ? m_network.get(copy) : m_network.post(copy, body);
  connect(m_reply, &QNetworkReply::readyRead, this, &EngineStream::readPart);
  connect(m_reply, &QNetworkReply::finished, this, &EngineStream::finish);
}

EngineStream::~EngineStream() { close(); }

void EngineStream::close() {
  if (m_reply) {
    m_reply->disconnect(this);
    m_reply->abort();
    m_reply->deleteLater();
    m_reply = nullptr;
  }
}

void EngineStream::readPart() {
  const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  const QByteArray bytes = m_reply->readAll();
  if (status < 200 || status >= 300) {
    m_errorBody += bytes;
    return;
  }
  const QPointer<EngineStream> self(this);
  for (const SseMessage& message : m_parser.feed(bytes)) {
    emit this->message(message);
    if (!self || !m_reply) {  // a receiver closed or deleted the stream
      return;
    }
  }
}

void EngineStream::finish() {
  if (m_reply->bytesAvailable() > 0) {
    readPart();
  }
  if (!m_reply) {
    return;
  }
  const EngineResponse response = readResponse(m_reply, m_errorBody);
  m_reply->deleteLater();
  m_reply = nullptr;
  if (response.ok()) {
    emit ended();
  } else {
    emit failed(response);
  }
}
