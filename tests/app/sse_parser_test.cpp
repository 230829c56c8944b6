// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events cut into pieces at every place.
#include "app/engine/sse_parser.h"

#include <QTest>

class SseParserTest : public QObject {
  Q_OBJECT

 private slots:
  void joinsDataLinesAndNamesTheEvent() {
    SseParser parser;
    const auto messages = parser.feed("event: run\ndata: one\ndata: two\n\n");
    QCOMPARE(messages.size(), 1);
    QCOMPARE(messages[0].event, QByteArray("run"));
    QCOMPARE(messages[0].data, QByteArray("one\ntwo"));
  }

  void givesTheSameMessagesWhereverTheBytesAreCut() {
    const QByteArray stream =
        "data: \xc3\xa4\xf0\x9f\xa6\x86\r\n\r\n: keep-alive\n\nevent: x\rdata:y\r\r";
    for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
      SseParser parser;
      auto messages = parser.feed(stream.left(cut));
      messages += parser.feed(stream.mid(cut));
      QCOMPARE(messages.size(), 2);
      QCOMPARE(messages[0].event, QByteArray("message"));
      QCOMPARE(messages[0].data, QByteArray("\xc3\xa4\xf0\x9f\xa6\x86"));
      QCOMPARE(messages[1].event, QByteArray("x"));
      QCOMPARE(messages[1].data, QByteArray("y"));
    }
  }

  void makesNoMessageOfCommentsOrOfAnEventWithoutData() {
    SseParser parser;
    QVERIFY(parser.feed(": ping\n\nevent: lonely\n\n").isEmpty());
    QCOMPARE(parser.feed("data: a\n\n")[0].event, QByteArray("message"));
  }

  void forgetsWhatIsIncompleteOnReset() {
    SseParser parser;
    QVERIFY(parser.feed("data: half").isEmpty());
    parser.reset();
    QCOMPARE(parser.feed("data: whole\n\n")[0].data, QByteArray("whole"));
  }
};

QTEST_GUILESS_MAIN(SseParserTest)
#include "sse_parser_test.moc"
