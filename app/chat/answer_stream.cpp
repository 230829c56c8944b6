// SPDX-License-Identifier: GPL-3.0-or-later
// Reads OpenAI's stream of chunks.
#include "app/chat/answer_stream.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <algorithm>

namespace {
constexpr int kFlushMs = 33;
// The pieces of a fast short answer arrive together, after the window drew something: the time
// between the first and the last would say nothing. Then the whole time counts, reading included.
constexpr qint64 kShortestSpanMs = 400;
}  // namespace

AnswerStream::AnswerStream(EngineClient* client, const QJsonObject& request, QObject* parent)
    : QObject(parent) {
  m_clock.start();
  m_flushTimer.setSingleShot(true);
  m_flushTimer.setInterval(kFlushMs);
  connect(&m_flushTimer, &QTimer::timeout, this, &AnswerStream::flush);
  m_stream = client->stream(QStringLiteral("/v1/chat/completions"),
                            QJsonDocument(request).toJson(QJsonDocument::Compact), this);
  connect(m_stream, &EngineStream::message, this, &AnswerStream::readMessage);
  connect(m_stream, &EngineStream::ended, this, [this] {
    if (!m_isDone) {
      fail(tr("The answer broke off."), true);
    }
  });
  connect(m_stream, &EngineStream::failed, this, [this](const EngineResponse& response) {
    if (!m_isDone) {
      const bool isBroken =
          response.status == 0 || (response.status >= 200 && response.status < 300);
      fail(response.error, isBroken);
    }
  });
}

void AnswerStream::readMessage(const SseMessage& message) {
  if (m_isDone) {
    return;
  }
  if (message.data == "[DONE]") {
    m_isDone = true;
    flush();
    emit finished(m_finishReason == QLatin1String("length") ? QStringLiteral("length")
                                                            : QStringLiteral("complete"));
    return;
  }
  const QJsonObject chunk = QJsonDocument::fromJson(message.data).object();
  const QJsonObject error = chunk.value(QLatin1String("error")).toObject();
  if (!error.isEmpty()) {
    fail(error.value(QLatin1String("message")).toString(), false);
    return;
  }
  const QJsonObject usage = chunk.value(QLatin1String("usage")).toObject();
  if (!usage.isEmpty()) {
    m_tokens = usage.value(QLatin1String("completion_tokens")).toInt(m_tokens);
  }
  const QJsonObject timings = chunk.value(QLatin1String("timings")).toObject();
  m_roofShare = timings.value(QLatin1String("roof_share")).toDouble(m_roofShare);
  const QJsonObject choice = chunk.value(QLatin1String("choices")).toArray().at(0).toObject();
  const QJsonValue reason = choice.value(QLatin1String("finish_reason"));
  if (reason.isString()) {
    m_finishReason = reason.toString();
  }
  const QString piece =
      choice.value(QLatin1String("delta")).toObject().value(QLatin1String("content")).toString();
  if (piece.isEmpty()) {
    return;
  }
  m_lastTokenMs = m_clock.elapsed();
  if (m_pieces == 0) {
    m_firstTokenMs = std::max<qint64>(m_lastTokenMs, 1);
  }
  ++m_pieces;
  m_tokens = std::max(m_tokens, m_pieces);
  m_gathered += piece;
  if (!m_flushTimer.isActive()) {
    m_flushTimer.start();
  }
}

double AnswerStream::tokensPerSecond() const {
  const qint64 spanMs = m_lastTokenMs - m_firstTokenMs;
  if (spanMs >= kShortestSpanMs) {
    return (m_tokens - 1) * 1000.0 / static_cast<double>(spanMs);
  }
  return m_lastTokenMs > 0 ? m_tokens * 1000.0 / static_cast<double>(m_lastTokenMs) : 0;
}

void AnswerStream::stop() {
  m_isDone = true;
  m_stream->close();
  flush();
}

void AnswerStream::fail(const QString& reason, bool isInterrupted) {
  m_isDone = true;
  flush();
  emit failed(reason, isInterrupted);
}

void AnswerStream::flush() {
  m_flushTimer.stop();
  if (!m_gathered.isEmpty()) {
    const QString piece = m_gathered;
    m_gathered.clear();
    emit grew(piece);
  }
}
