// SPDX-License-Identifier: GPL-3.0-or-later
// Lines end with \n, \r or \r\n (WHATWG HTML, section 9.2.6).
#include "app/engine/sse_parser.h"

QList<SseMessage> SseParser::feed(const QByteArray& bytes) {
  QList<SseMessage> messages;
  qsizetype start = 0;
  for (qsizetype i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\n' && m_lastWasCr) {  // second half of \r\n: the line is done already
      m_lastWasCr = false;
      start = i + 1;
      continue;
    }
    m_lastWasCr = c == '\r';
    if (c == '\n' || c == '\r') {
      m_rest.append(bytes.constData() + start, i - start);
      takeLine(m_rest, &messages);
      m_rest.clear();
      start = i + 1;
    }
  }
  m_rest.append(bytes.constData() + start, bytes.size() - start);
  return messages;
}

void SseParser::reset() { *this = SseParser(); }

void SseParser::takeLine(const QByteArray& line, QList<SseMessage>* messages) {
  if (line.isEmpty()) {
    if (m_hasData) {
      messages->append({m_event.isEmpty() ? QByteArrayLiteral("message") : m_event, m_data});
    }
    m_event.clear();
    m_data.clear();
    m_hasData = false;
    return;
  }
  const qsizetype colon = line.indexOf(':');
  if (colon == 0) {
    return;
  }
  const QByteArray field = colon < 0 ? line : line.left(colon);
  QByteArray value = colon < 0 ? QByteArray() : line.mid(colon + 1);
  if (value.startsWith(' ')) {
    value.remove(0, 1);
  }
  if (field == "event") {
    m_event = value;
  } else if (field == "data") {
    if (m_hasData) {
      m_data.append('\n');
    }
    m_data.append(value);
    m_hasData = true;
  }
}
