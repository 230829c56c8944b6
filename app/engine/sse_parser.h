// SPDX-License-Identifier: GPL-3.0-or-later
// Which messages does a piece of a server-sent event stream complete? Bytes may be cut anywhere, in
// the middle of a line or of a UTF-8 character. A comment line (`: keep-alive`) makes no message.
#pragma once

#include <QByteArray>
#include <QList>

struct SseMessage {
  QByteArray event;  // "message" when the stream names none
  QByteArray data;   // data lines joined by \n
};

class SseParser {
 public:
  // The messages that these bytes complete, in order.
  QList<SseMessage> feed(const QByteArray& bytes);
  // Forgets everything that is incomplete.
  void reset();

 private:
  void takeLine(const QByteArray& line, QList<SseMessage>* messages);

  QByteArray m_rest;
  QByteArray m_event;
  QByteArray m_data;
  bool m_hasData = false;
  bool m_lastWasCr = false;
};
