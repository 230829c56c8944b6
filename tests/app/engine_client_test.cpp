// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and streams against the fake engine.
#include "app/engine/engine_client.h"

#include <QSignalSpy>
#include <QTest>

#include "core/protocol/engine.h"
#include "tests/support/fake_engine.h"

using greylag::Result;
using greylag::protocol::ModelList;

class EngineClientTest : public QObject {
  Q_OBJECT

 private slots:
  void decodesAReply() {
    FakeEngine engine;
    EngineClient client;
    connectTo(engine, client);
    size_t models = 0;
    client.get("/engine/models")->as<ModelList>(this, [&](const Result<ModelList>& list) {
      QVERIFY(list.ok());
      models = list->models.size();
    });
    QTRY_COMPARE(models, engine.data.models.models.size());
  }

  void tellsTheEnginesOwnSentence() {
    FakeEngine engine;
    EngineClient client;
    connectTo(engine, client);
    engine.overrides["POST /engine/models/a b/load"] = {
        409, R"({"error":{"message":"The model is in use.","type":"x","code":"busy"}})"};
    EngineResponse seen;
    client.post("/engine/models/" + EngineClient::idPath("a b") + "/load")
        ->then(this, [&](const EngineResponse& response) { seen = response; });
    QTRY_COMPARE(seen.status, 409);
    QCOMPARE(seen.error, QStringLiteral("The model is in use."));
    QCOMPARE(seen.errorCode, QStringLiteral("busy"));
  }

  void saysWhenNobodyListens() {
    EngineClient client;
    {
      FakeEngine engine;
      connectTo(engine, client);
    }
    EngineResponse seen;
    bool isAnswered = false;
    client.get("/engine/status")->then(this, [&](const EngineResponse& response) {
      seen = response;
      isAnswered = true;
    });
    QTRY_VERIFY(isAnswered);
    QCOMPARE(seen.status, 0);
    QVERIFY(!seen.ok());
  }

  void streamsMessagesAndTellsTheEnd() {
    FakeEngine engine;
    EngineClient client;
    connectTo(engine, client);
    EngineStream* stream =
        client.stream("/v1/chat/completions", R"({"model":"greylag-tiny"})", this);
    QSignalSpy messages(stream, &EngineStream::message);
    QSignalSpy ended(stream, &EngineStream::ended);
    QTRY_COMPARE(ended.count(), 1);
    // role, five pieces, finish, usage, [DONE]
    QCOMPARE(messages.count(), 9);
    QCOMPARE(messages.last()[0].value<SseMessage>().data, QByteArray("[DONE]"));
    delete stream;
  }

  void letsTheEngineSeeThatAStreamWasClosed() {
    FakeEngine engine;
    engine.pieceDelayMs = 5;
    engine.pieces = QStringList(400, "word ");
    EngineClient client;
    connectTo(engine, client);
    EngineStream* stream =
        client.stream("/v1/chat/completions", R"({"model":"greylag-tiny"})", this);
    QSignalSpy messages(stream, &EngineStream::message);
    QTRY_VERIFY(messages.count() > 3);
    delete stream;
    QTRY_COMPARE(engine.closedStreams, 1);
  }

  void readsTheErrorOfARefusedStream() {
    FakeEngine engine;
    EngineClient client;
    connectTo(engine, client);
    EngineStream* stream = client.stream("/v1/chat/completions", R"({"model":"unknown"})", this);
    QString reason;
    connect(stream, &EngineStream::failed, this,
            [&](const EngineResponse& response) { reason = response.error; });
    QTRY_COMPARE(reason, QStringLiteral("The model is not installed."));
    delete stream;
  }

 private:
  static void connectTo(FakeEngine& engine, EngineClient& client) {
    QVERIFY(engine.listen());
    client.setEndpoint(engine.port(), engine.controlToken);
  }
};

QTEST_GUILESS_MAIN(EngineClientTest)
#include "engine_client_test.moc"
