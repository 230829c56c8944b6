// SPDX-License-Identifier: GPL-3.0-or-later
// An engine for tests of the window: speaks core/protocol over HTTP with scripted replies. It
// checks the token, answers from FakeData, streams a scripted answer (of a chat, of a puzzle) and
// can break it off.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QTcpServer>
#include <QTcpSocket>

#include "tests/support/fake_engine_data.h"

struct FakeRequest {
  QByteArray method;
  QString path;  // without query
  QByteArray body;
  QByteArray token;
};

class FakeEngine : public QObject {
  Q_OBJECT

 public:
  explicit FakeEngine(QObject* parent = nullptr);

  // Port 0: any. False when it cannot listen.
  bool listen(int port = 0);
  int port() const { return m_server.serverPort(); }
  // Writes control.token, api.token and engine.record.json, as a live engine does.
  void writeRecord(const QString& home);
  QByteArray handshake(const QString& home) const;
  void sendEvent(const QByteArray& type, const QByteArray& json);

  FakeData data;
  QByteArray controlToken = "control-token";
  // The answer of a chat, piece by piece, and the pause after each; after each solveEvent too.
  QStringList pieces;
  int pieceDelayMs = 0;
  // The connection is cut after so many pieces; -1: never.
  int breakAfter = -1;
  // What the answer's timings say.
  double roofShare = 0.72;
  // Replies to "METHOD /path" other than those of `data`: status and body.
  QHash<QString, QPair<int, QByteArray>> overrides;
  QList<FakeRequest> requests;
  int closedStreams = 0;  // chats and puzzles that the client closed before their end

 signals:
  void requested(const FakeRequest& request);

 private:
  void readRequest(QTcpSocket* socket);
  void handle(QTcpSocket* socket, const FakeRequest& request);
  void reply(QTcpSocket* socket, int status, const QByteArray& json);
  void openEvents(QTcpSocket* socket);
  void streamAnswer(QTcpSocket* socket, const QJsonObject& body);
  void sendPiece(QTcpSocket* socket, int index);
  void openSolve(QTcpSocket* socket, const QByteArray& body);
  void sendSolveEvent(QTcpSocket* socket, int index);
  QByteArray chunk(const QJsonObject& delta, const QString& finishReason) const;

  QHash<QTcpSocket*, QByteArray> m_buffers;
  QList<QPointer<QTcpSocket>> m_eventSockets;
  QTcpServer m_server;  // last: its sockets use the others until they are gone
};
