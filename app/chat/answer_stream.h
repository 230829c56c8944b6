// SPDX-License-Identifier: GPL-3.0-or-later
// One answer as it arrives from POST /v1/chat/completions: text, counts, times, how it ended. Texts
// are gathered and passed on at most 30 times a second.
#pragma once

#include <QElapsedTimer>
#include <QJsonObject>
#include <QObject>
#include <QTimer>

#include "app/engine/engine_client.h"

class AnswerStream : public QObject {
  Q_OBJECT

 public:
  AnswerStream(EngineClient* client, const QJsonObject& request, QObject* parent);

  int tokens() const { return m_tokens; }
  double tokensPerSecond() const;
  // Of what this machine's memory allows, at most 1; 0 while the engine has not said.
  double roofShare() const { return m_roofShare; }
  // From sending to the first text; 0 while there is none.
  double firstTokenMs() const { return static_cast<double>(m_firstTokenMs); }
  // Ends it without a further signal; text that has arrived is delivered first by grew().
  void stop();

 signals:
  void grew(const QString& piece);
  // "complete", or "length" when the token limit was reached.
  void finished(const QString& state);
  // isInterrupted: the connection broke, rather than the engine refusing.
  void failed(const QString& reason, bool isInterrupted);

 private:
  void readMessage(const SseMessage& message);
  void fail(const QString& reason, bool isInterrupted);
  void flush();

  EngineStream* m_stream;
  QElapsedTimer m_clock;
  QTimer m_flushTimer;
  QString m_gathered;
  QString m_finishReason;
  bool m_isDone = false;
  int m_pieces = 0;
  int m_tokens = 0;
  double m_roofShare = 0;
  qint64 m_firstTokenMs = 0;
  qint64 m_lastTokenMs = 0;
};
