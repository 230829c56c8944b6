// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP on 127.0.0.1, never through a proxy, always with the bearer token.
#include "app/engine/engine_client.h"

#include <QNetworkProxy>
#include <QNetworkReply>
#include <QUrl>

namespace {
constexpr int kTimeoutMs = 300'000;  // merging or checking a large file takes its time
}

EngineClient::EngineClient(QObject* parent) : QObject(parent) {
  m_network.setProxy(QNetworkProxy::NoProxy);
}

void EngineClient::setEndpoint(int port, const QByteArray& controlToken) {
  m_port = port;
  m_token = controlToken;
  m_network.clearConnectionCache();
}

EngineCall* EngineClient::get(const QString& path) {
  return new EngineCall(m_network.get(request(path)), this);
}

EngineCall* EngineClient::post(const QString& path, const QByteArray& json) {
  return new EngineCall(m_network.post(request(path), json), this);
}

EngineCall* EngineClient::put(const QString& path, const QByteArray& json) {
  return new EngineCall(m_network.put(request(path), json), this);
}

EngineCall* EngineClient::del(const QString& path) {
  return new EngineCall(m_network.deleteResource(request(path)), this);
}

EngineStream* EngineClient::stream(const QString& path, const QByteArray& body, QObject* parent) {
  QNetworkRequest streamed = request(path);
  streamed.setTransferTimeout(0);  // a stream may be silent for as long as it likes
  return new EngineStream(streamed, body, parent);
}

QString EngineClient::idPath(const QString& id) {
  return QString::fromLatin1(QUrl::toPercentEncoding(id));
}

QNetworkRequest EngineClient::request(const QString& path) const {
  const QByteArray url = "http://127.0.0.1:" + QByteArray::number(m_port) + path.toLatin1();
  QNetworkRequest request(QUrl::fromEncoded(url, QUrl::StrictMode));
  request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
  request.setRawHeader("Authorization", "Bearer " + m_token);
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
  request.setTransferTimeout(kTimeoutMs);
  return request;
}
