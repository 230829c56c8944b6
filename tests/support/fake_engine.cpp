// SPDX-License-Identifier: GPL-3.0-or-later
// Just enough HTTP/1.1 for one client on this machine.
#include "tests/support/fake_engine.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTimer>
#include <QUrl>
#include <algorithm>

#include "core/base/platform.h"
#include "core/protocol/codec.h"

namespace {

QByteArray errorJson(const QString& message, const QString& code) {
  const QJsonObject error{{QStringLiteral("message"), message},
                          {QStringLiteral("type"), QStringLiteral("invalid_request_error")},
                          {QStringLiteral("param"), QJsonValue::Null},
                          {QStringLiteral("code"), code}};
  return QJsonDocument(QJsonObject{{QStringLiteral("error"), error}})
      .toJson(QJsonDocument::Compact);
}

void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (file.open(QIODevice::WriteOnly)) {
    file.write(bytes);
  }
}

}  // namespace

FakeEngine::FakeEngine(QObject* parent) : QObject(parent) {
  pieces = {QStringLiteral("Hello"), QStringLiteral(" from"), QStringLiteral(" the"),
            QStringLiteral(" fake"), QStringLiteral(" engine.")};
  connect(&m_server, &QTcpServer::newConnection, this, [this] {
    while (QTcpSocket* socket = m_server.nextPendingConnection()) {
      connect(socket, &QTcpSocket::readyRead, this, [this, socket] { readRequest(socket); });
      connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
        if (socket->property("isStreaming").toBool()) {
          ++closedStreams;
        }
        m_buffers.remove(socket);
        socket->deleteLater();
      });
    }
  });
}

bool FakeEngine::listen(int port) {
  return m_server.listen(QHostAddress::LocalHost, static_cast<quint16>(port));
}

QByteArray FakeEngine::handshake(const QString& home) const {
  greylag::protocol::Handshake record;
  record.pid = QCoreApplication::applicationPid();
  record.start_mark = greylag::platform::process_start_mark(record.pid).value_or(0);
  record.port = port();
  record.token_file = (home + QStringLiteral("/api.token")).toStdString();
  record.control_token_file = (home + QStringLiteral("/control.token")).toStdString();
  return QByteArray::fromStdString(greylag::protocol::encode(record));
}

void FakeEngine::writeRecord(const QString& home) {
  QDir().mkpath(home);
  data.status.home = home.toStdString();
  data.status.port = port();
  data.status.pid = QCoreApplication::applicationPid();
  writeFile(home + QStringLiteral("/control.token"), controlToken);
  writeFile(home + QStringLiteral("/api.token"), "gl-0123456789abcdef0123456789abcdef");
  writeFile(home + QStringLiteral("/engine.record.json"), handshake(home));
}

void FakeEngine::readRequest(QTcpSocket* socket) {
  QByteArray& buffer = m_buffers[socket];
  buffer += socket->readAll();
  const qsizetype end = buffer.indexOf("\r\n\r\n");
  if (end < 0) {
    return;
  }
  const QList<QByteArray> lines = buffer.left(end).split('\n');
  const QList<QByteArray> first = lines.first().trimmed().split(' ');
  qsizetype length = 0;
  FakeRequest request;
  for (const QByteArray& line : lines.mid(1)) {
    const QByteArray name = line.left(line.indexOf(':')).toLower();
    const QByteArray value = line.mid(line.indexOf(':') + 1).trimmed();
    if (name == "content-length") {
      length = value.toLongLong();
    } else if (name == "authorization") {
      request.token = value.mid(7);
    }
  }
  if (buffer.size() < end + 4 + length || first.size() < 2) {
    return;
  }
  request.method = first[0];
  request.path = QUrl::fromEncoded(first[1]).path(QUrl::FullyDecoded);
  request.body = buffer.mid(end + 4, length);
  buffer.clear();
  requests.append(request);
  emit requested(request);
  handle(socket, request);
}

void FakeEngine::handle(QTcpSocket* socket, const FakeRequest& request) {
  const QString route = QString::fromLatin1(request.method) + QLatin1Char(' ') + request.path;
  if (overrides.contains(route)) {
    reply(socket, overrides[route].first, overrides[route].second);
  } else if (request.path == QLatin1String("/health")) {
    reply(socket, 200, R"({"status":"ok"})");
  } else if (request.token != controlToken) {
    reply(socket, 401,
          errorJson(QStringLiteral("The token is missing or wrong."),
                    QStringLiteral("unauthorized")));
  } else if (route == QLatin1String("GET /engine/events")) {
    openEvents(socket);
  } else if (route == QLatin1String("POST /v1/chat/completions")) {
    streamAnswer(socket, QJsonDocument::fromJson(request.body).object());
  } else if (route == QLatin1String("POST /engine/reason/solve")) {
    openSolve(socket, request.body);
  } else if (route == QLatin1String("POST /engine/shutdown")) {
    reply(socket, 200, "{}");
    QTimer::singleShot(50, qApp, &QCoreApplication::quit);
  } else if (const auto found = data.answer(request.method, request.path, request.body)) {
    reply(socket, 200, *found);
  } else {
    reply(socket, 404,
          errorJson(QStringLiteral("No such thing: %1.").arg(route), QStringLiteral("not_found")));
  }
}

void FakeEngine::reply(QTcpSocket* socket, int status, const QByteArray& json) {
  socket->write("HTTP/1.1 " + QByteArray::number(status) +
                " X\r\nContent-Type: application/json\r\n" + "Content-Length: " +
                QByteArray::number(json.size()) + "\r\nConnection: close\r\n\r\n" + json);
  socket->disconnectFromHost();
}

void FakeEngine::openEvents(QTcpSocket* socket) {
  socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
  m_eventSockets.append(socket);
  sendEvent("status", QByteArray::fromStdString(greylag::protocol::encode(data.status)));
}

void FakeEngine::sendEvent(const QByteArray& type, const QByteArray& json) {
  for (const QPointer<QTcpSocket>& socket : m_eventSockets) {
    if (socket) {
      socket->write("event: " + type + "\ndata: " + json + "\n\n");
    }
  }
}

QByteArray FakeEngine::chunk(const QJsonObject& delta, const QString& finishReason) const {
  const QJsonObject choice{
      {QStringLiteral("index"), 0},
      {QStringLiteral("delta"), delta},
      {QStringLiteral("finish_reason"),
       finishReason.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(finishReason)}};
  const QJsonObject object{{QStringLiteral("object"), QStringLiteral("chat.completion.chunk")},
                           {QStringLiteral("choices"), QJsonArray{choice}}};
  return "data: " + QJsonDocument(object).toJson(QJsonDocument::Compact) + "\n\n";
}

void FakeEngine::streamAnswer(QTcpSocket* socket, const QJsonObject& body) {
  if (!data.knowsModel(body.value(QLatin1String("model")).toString())) {
    reply(socket, 404,
          errorJson(QStringLiteral("The model is not installed."),
                    QStringLiteral("model_not_found")));
    return;
  }
  socket->setProperty("isStreaming", true);
  socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
  socket->write(chunk({{QStringLiteral("role"), QStringLiteral("assistant")}}, {}));
  sendPiece(socket, 0);
}

void FakeEngine::sendPiece(QTcpSocket* socket, int index) {
  if (index == breakAfter) {
    socket->setProperty("isStreaming", false);
    socket->abort();
    return;
  }
  if (index < pieces.size()) {
    socket->write(chunk({{QStringLiteral("content"), pieces[index]}}, {}));
    QPointer<QTcpSocket> guard(socket);
    QTimer::singleShot(pieceDelayMs, this, [this, guard, index] {
      if (guard && guard->state() == QAbstractSocket::ConnectedState) {
        sendPiece(guard, index + 1);
      }
    });
    return;
  }
  socket->setProperty("isStreaming", false);
  socket->write(chunk({}, QStringLiteral("stop")));
  socket->write("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":" +
                QByteArray::number(pieces.size()) + "},\"timings\":{\"roof_share\":" +
                QByteArray::number(roofShare) + "}}\n\ndata: [DONE]\n\n");
  socket->disconnectFromHost();
}

void FakeEngine::openSolve(QTcpSocket* socket, const QByteArray& body) {
  const auto request =
      greylag::protocol::decode<greylag::protocol::SolveRequest>(body.toStdString());
  const auto& known = data.reasoners.models;
  const bool isKnown = std::any_of(known.begin(), known.end(),
                                   [&](const auto& model) { return model.id == request->model; });
  if (!isKnown) {
    reply(socket, 404,
          errorJson(QStringLiteral("there is no puzzle reasoner of this name"),
                    QStringLiteral("not_found")));
    return;
  }
  socket->setProperty("isStreaming", true);
  socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
  sendSolveEvent(socket, 0);
}

void FakeEngine::sendSolveEvent(QTcpSocket* socket, int index) {
  if (index == breakAfter) {
    socket->setProperty("isStreaming", false);
    socket->abort();
    return;
  }
  if (index < data.solveEvents.size()) {
    socket->write(
        "data: " + QByteArray::fromStdString(greylag::protocol::encode(data.solveEvents[index])) +
        "\n\n");
    QPointer<QTcpSocket> guard(socket);
    QTimer::singleShot(pieceDelayMs, this, [this, guard, index] {
      if (guard && guard->state() == QAbstractSocket::ConnectedState) {
        sendSolveEvent(guard, index + 1);
      }
    });
    return;
  }
  socket->setProperty("isStreaming", false);
  socket->write("data: [DONE]\n\n");
  socket->disconnectFromHost();
}
