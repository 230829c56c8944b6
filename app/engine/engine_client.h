// SPDX-License-Identifier: GPL-3.0-or-later
// How does the app talk to the engine? The only class that speaks HTTP. Paths are those of
// core/protocol/README.md, ids percent-encoded with idPath(). GUI thread only.
#pragma once

#include <QNetworkAccessManager>
#include <QObject>
#include <type_traits>

#include "app/engine/engine_call.h"
#include "app/engine/engine_stream.h"

class EngineClient : public QObject {
  Q_OBJECT

 public:
  explicit EngineClient(QObject* parent = nullptr);

  // Where the engine listens and the token that opens /engine and /v1.
  void setEndpoint(int port, const QByteArray& controlToken);
  int port() const { return m_port; }

  // The caller attaches then() or as<T>(); the call deletes itself.
  EngineCall* get(const QString& path);
  EngineCall* post(const QString& path, const QByteArray& json = "{}");
  EngineCall* put(const QString& path, const QByteArray& json);
  EngineCall* del(const QString& path);
  template <typename T>
  requires(!std::is_convertible_v<const T&, QByteArray>) EngineCall* post(const QString& path,
                                                                          const T& value) {
    return post(path, QByteArray::fromStdString(greylag::protocol::encode(value)));
  }
  template <typename T>
  requires(!std::is_convertible_v<const T&, QByteArray>) EngineCall* put(const QString& path,
                                                                         const T& value) {
    return put(path, QByteArray::fromStdString(greylag::protocol::encode(value)));
  }

  // The parent owns the stream. body empty: GET.
  EngineStream* stream(const QString& path, const QByteArray& body, QObject* parent);

  // "/engine/runs/" + idPath(id) + "/pause"
  static QString idPath(const QString& id);

 private:
  QNetworkRequest request(const QString& path) const;

  QNetworkAccessManager m_network;
  int m_port = 0;
  QByteArray m_token;
};
