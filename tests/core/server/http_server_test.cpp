// SPDX-License-Identifier: Apache-2.0
// The server as clients, careless programs and neighbours meet it: over real sockets, with handlers
// of the test's own.
#include "core/server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/raw_client.h"

namespace greylag {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Exchanges that a handler keeps until the test answers them.
class Parked {
 public:
  void add(const std::shared_ptr<Exchange>& exchange) {
    exchange->on_close([this] {
      ++gone_;
      changed_.notify_all();
    });
    {
      const std::lock_guard lock(mutex_);
      exchanges_.push_back(exchange);
    }
    changed_.notify_all();
  }
  std::vector<std::shared_ptr<Exchange>> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return exchanges_.size() >= count; }));
    return exchanges_;
  }
  bool wait_for_gone(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return gone_ >= count; });
  }
  int gone() const { return gone_; }
  void clear() {
    const std::lock_guard lock(mutex_);
    exchanges_.clear();
  }

 private:
  std::mutex mutex_;  // guards exchanges_
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Exchange>> exchanges_;
  std::atomic<int> gone_{0};
};

class HttpServerTest : public testing::Test {
 protected:
  void serve(HttpLimits limits = {}) {
    Router router;
    router.add("GET", "/quick", [](const HttpRequest& request) {
      return HttpResponse{200, "\"" + request.query + "\"", {}};
    });
    router.add("POST", "/v1/echo", [](const HttpRequest& request) {
      return HttpResponse{200, request.body, {}};
    });
    router.add("GET", "/throws",
               [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("on purpose"); });
    router.add_stream("POST", "/v1/parked",
                      [this](const auto& exchange) { parked_.add(exchange); });
    router.add_stream("GET", "/stream", [this](const auto& exchange) {
      exchange->begin_stream();
      parked_.add(exchange);
    });
    const auto access = [](const HttpRequest& head, int) -> Result<Caller> {
      const std::string_view token = head.header("authorization");
      if (token == "control") return Caller::Control;
      if (token == "api") return Caller::Api;
      if (head.path == "/quick") return Caller::Nobody;
      return Error{ErrorCode::Unauthorized, "a token is required"};
    };
    auto listening = HttpServer::listen(0, std::move(router), access, limits);
    ASSERT_TRUE(listening) << listening.error().message;
    server_ = std::move(*listening);
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    parked_.clear();
    if (server_) server_->stop(0ms);
  }

  static std::string get(const std::string& path, const std::string& fields = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  }
  static std::string post(const std::string& path, const std::string& body,
                          const std::string& fields = "Authorization: api\r\n") {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // What one connection answers to these bytes until it ends or has said `last`.
  std::string answer(const std::string& bytes, const std::string& last = "\"\"") {
    RawClient client(server_->port());
    client.send(bytes);
    return client.read_until(last);
  }
  void expect_alive() { EXPECT_THAT(answer(get("/quick")), StartsWith("HTTP/1.1 200")); }

  Parked parked_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOnBothLoopbackAddresses) {
  serve();
  expect_alive();
  RawClient six(server_->port(), true);
  if (!six.is_connected()) GTEST_SKIP() << "no IPv6 here";
  six.send(get("/quick"));
  EXPECT_THAT(six.read_until("\"\""), StartsWith("HTTP/1.1 200"));
}

// Who holds [::1] gets the requests, and tokens, of every client that says "localhost".
TEST_F(HttpServerTest, APortThatIsTakenOnOneAddressIsTaken) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor other(io);
  boost::system::error_code error;
  other.open(boost::asio::ip::tcp::v6(), error);
  if (!error) other.bind({boost::asio::ip::address_v6::loopback(), 0}, error);
  if (error) GTEST_SKIP() << "no IPv6 here";
  other.listen();
  const auto taken = HttpServer::listen(other.local_endpoint().port(), Router(), {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Conflict);
}

TEST_F(HttpServerTest, AnswersAHeadWithAHeadOnly) {
  serve();
  RawClient client(server_->port());
  client.send("HEAD /quick?long HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send("HEAD /nowhere HTTP/1.1\r\nHost: x\r\nAuthorization: api\r\n\r\n");
  client.send("HEAD /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: api\r\n\r\n");
  client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\nAuthorization: api\r\n\r\n");
  client.send(get("/quick?end"));
  const std::string all = client.read_until("\"end\"");
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(all, HasSubstr("\r\n\r\nHTTP/1.1 404"));
  EXPECT_THAT(all, HasSubstr("\r\n\r\nHTTP/1.1 405"));
  EXPECT_THAT(all, HasSubstr("Allow: POST\r\n"));
  EXPECT_THAT(all, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(all, Not(HasSubstr("{\"error\"")));
  EXPECT_TRUE(parked_.wait_for_gone(1)) << "the stream's listener is still there";
}

TEST_F(HttpServerTest, LongTrailersAndExtensionsEndOneConnectionOnly) {
  serve();
  const std::string head =
      "GET /quick HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& rest :
       {"0\r\nX: " + std::string(300'000, 'a') + "\r\n\r\n", "1;x=" + std::string(300'000, 'a')}) {
    RawClient client(server_->port());
    client.send(head + rest);
    client.read_to_end();
    EXPECT_THAT(client.received(), HasSubstr("HTTP/1.1 413")) << rest.substr(0, 8);
    expect_alive();
  }
}

TEST_F(HttpServerTest, AStrangersBodyIsShort) {
  serve();
  EXPECT_THAT(answer(post("/quick", std::string(2000, ' '), "")), HasSubstr("HTTP/1.1 4"));
  EXPECT_THAT(answer("GET /quick HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     "Content-Length: 2000\r\n\r\n",
                     "\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

// Closing with unread input would reset the connection and take the reply with it.
TEST_F(HttpServerTest, ARefusedUploadHearsWhy) {
  serve();
  RawClient client(server_->port());
  EXPECT_TRUE(client.send(post("/v1/echo", std::string(4 << 20, ' '), "Authorization: wrong\r\n")));
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 401"));
  EXPECT_FALSE(client.is_reset());
}

TEST_F(HttpServerTest, WrongTokensAndPathsKeepTheConnection) {
  serve();
  RawClient client(server_->port());
  client.send(get("/v1/secret") + get("/nowhere", "Authorization: api\r\n") + get("/quick"));
  const std::string all = client.read_until("\"\"");
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 404"));
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AHandlerThatThrowsIs500) {
  serve();
  EXPECT_THAT(answer(get("/throws", "Authorization: api\r\n"), "}}"), StartsWith("HTTP/1.1 500"));
  expect_alive();
}

// Every answered request stayed in memory: the exchange held the callback that held the exchange.
TEST_F(HttpServerTest, NothingOfAnAnsweredRequestStays) {
  serve();
  std::weak_ptr<Exchange> replied, streamed;
  {
    RawClient client(server_->port());
    client.send(post("/v1/parked", "{}"));
    auto exchange = parked_.wait_for(1).back();
    replied = exchange;
    exchange->on_close([exchange] {});  // as a job does that owns its exchange
    exchange->reply({200, "\"done\"", {}});
    exchange.reset();
    parked_.clear();
    EXPECT_THAT(client.read_until("\"done\""), HasSubstr("HTTP/1.1 200"));
    client.send(get("/stream", "Authorization: api\r\n"));
    exchange = parked_.wait_for(1).back();
    streamed = exchange;
    exchange->on_close([exchange] {});
    exchange->send("data: x\n\n");
    exchange->finish();
    exchange.reset();
    parked_.clear();
    EXPECT_THAT(client.read_until("\r\n0\r\n\r\n"), HasSubstr("data: x"));
  }
  server_->stop(0ms);
  EXPECT_TRUE(replied.expired());
  EXPECT_TRUE(streamed.expired());
}

TEST_F(HttpServerTest, AClientThatSentMoreAndLeftIsNoticed) {
  serve();
  RawClient client(server_->port());
  client.send(post("/v1/parked", "{}") + "\r\n");
  parked_.wait_for(1);
  EXPECT_EQ(parked_.gone(), 0);
  client.close();
  EXPECT_TRUE(parked_.wait_for_gone(1));
}

TEST_F(HttpServerTest, AClientThatHalfClosesStillGetsItsAnswer) {
  serve();
  RawClient plain(server_->port()), streaming(server_->port());
  plain.send(post("/v1/parked", "{}"));
  parked_.wait_for(1);
  streaming.send(get("/stream", "Authorization: api\r\n"));
  const auto exchanges = parked_.wait_for(2);
  plain.end_sending();
  streaming.end_sending();
  EXPECT_THAT(plain.read_until("100 Continue"), HasSubstr("100 Continue"));
  EXPECT_THAT(streaming.read_until(": ping"), HasSubstr(": ping"));
  exchanges[0]->reply({200, "\"late\"", {}});
  exchanges[1]->send("data: late\n\n");
  exchanges[1]->finish();
  EXPECT_THAT(plain.read_to_end(), HasSubstr("\"late\""));
  EXPECT_THAT(streaming.read_to_end(), HasSubstr("data: late"));
  EXPECT_EQ(parked_.gone(), 0);
}

TEST_F(HttpServerTest, ARequestThatEndsInTheMiddleIs400) {
  serve();
  RawClient client(server_->port());
  client.send("POST /v1/echo HTTP/1.1\r\nHost: x\r\n");
  client.end_sending();
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, SlowRequestsAre408AndSilentOnesClosed) {
  serve({.head_time = 200ms, .idle_time = 200ms, .body_time = 200ms});
  RawClient head(server_->port()), body(server_->port()), silent(server_->port());
  head.send("GET /quick HTTP/1.1\r\nHost:");
  body.send(
      "POST /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: api\r\n"
      "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
  EXPECT_THAT(head.read_to_end(), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(body.read_to_end(), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_TRUE(silent.has_ended());
}

TEST_F(HttpServerTest, UnmetExpectationsAre417) {
  serve();
  EXPECT_THAT(answer(post("/v1/echo", "{}", "Authorization: api\r\nExpect: 200-maybe\r\n"), "}}"),
              StartsWith("HTTP/1.1 417"));
  RawClient client(server_->port());
  client.send(
      "POST /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: api\r\n"
      "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.read_until("100 Continue"), StartsWith("HTTP/1.1 100"));
  client.send("{}");
  EXPECT_THAT(client.read_until("{}"), HasSubstr("HTTP/1.1 200"));
}

// At the limit nobody is closed without a word, and the window gets through.
TEST_F(HttpServerTest, BeyondTheLimitClientsAreToldAndTheWindowIsServed) {
  serve({.connections = 4});
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(std::make_unique<RawClient>(server_->port()));
    busy.back()->send(post("/v1/parked", "{}"));
  }
  parked_.wait_for(4);
  for (int i = 0; i < 3; ++i) {
    RawClient late(server_->port());
    late.send(post("/v1/echo", "{}"));
    EXPECT_THAT(late.read_to_end(), StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(late.received(), HasSubstr("Retry-After: 1\r\n"));
    EXPECT_FALSE(late.is_reset());
  }
  EXPECT_THAT(answer(post("/v1/echo", "{}", "Authorization: control\r\n"), "{}"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, StrangersWhoHoldPlacesMakeRoom) {
  serve({.connections = 4});
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 4; ++i) {
    strangers.push_back(std::make_unique<RawClient>(server_->port()));
    strangers.back()->send(i % 2 == 0 ? "GET /quick HT" : "");
  }
  while (server_->connection_count() < 4) std::this_thread::yield();
  for (int i = 0; i < 8; ++i) {
    EXPECT_THAT(answer(post("/v1/echo", "{}"), "{}"), StartsWith("HTTP/1.1 200")) << i;
  }
  const std::string told = strangers[0]->read_to_end();
  EXPECT_THAT(told, StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, ManyMoreClientsThanPlacesAreAllAnswered) {
  serve({.connections = 4, .extra_connections = 4});
  std::atomic<int> answered{0}, reset{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([&] {
      RawClient client(server_->port());
      client.send(post("/v1/echo", "{}", "Authorization: api\r\nConnection: close\r\n"));
      client.read_to_end();
      answered += client.received().starts_with("HTTP/1.1 ") ? 1 : 0;
      reset += client.is_reset() ? 1 : 0;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 40);
  EXPECT_EQ(reset, 0);
}

TEST_F(HttpServerTest, BodiesTogetherAreBounded) {
  serve({.body_bytes = 1 << 20, .all_bodies_bytes = 3 << 20});
  const std::string body(1 << 20, ' ');
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawClient>(server_->port()));
    held.back()->send(post("/v1/parked", body));
  }
  auto exchanges = parked_.wait_for(3);
  RawClient late(server_->port());
  late.send(post("/v1/parked", body).substr(0, 500'000));
  EXPECT_THAT(late.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 503"));
  for (const auto& exchange : exchanges) exchange->reply({200, "{}", {}});
  exchanges.clear();
  parked_.clear();
  for (const auto& client : held) client->read_until("{}");
  EXPECT_THAT(answer(post("/v1/echo", body), "HTTP/1.1 200"), StartsWith("HTTP/1.1 200"));
}

// /v1 handlers that all block leave the engine's own routes alone, and the other way round.
TEST_F(HttpServerTest, EachKindOfRouteHasThreadsOfItsOwn) {
  std::mutex gate;
  std::unique_lock held(gate);
  Router router;
  const auto block = [&gate](const HttpRequest&) {
    const std::lock_guard wait(gate);
    return HttpResponse{200, "\"freed\"", {}};
  };
  router.add("GET", "/v1/block", block);
  router.add("GET", "/engine/quick", [](const HttpRequest&) {
    return HttpResponse{200, "\"quick\"", {}};
  });
  auto listening = HttpServer::listen(
      0, std::move(router), [](const HttpRequest&, int) { return Result<Caller>(Caller::Api); });
  ASSERT_TRUE(listening);
  server_ = std::move(*listening);
  ASSERT_TRUE(server_->start());
  std::vector<std::unique_ptr<RawClient>> blocked;
  for (int i = 0; i < 20; ++i) {
    blocked.push_back(std::make_unique<RawClient>(server_->port()));
    blocked.back()->send(get("/v1/block"));
  }
  EXPECT_THAT(answer(get("/engine/quick"), "\"quick\""), HasSubstr("\"quick\""));
  held.unlock();
  for (const auto& client : blocked) {
    EXPECT_THAT(client->read_until("\"freed\""), HasSubstr("\"freed\""));
  }
}

TEST_F(HttpServerTest, ASlowReaderIsCutNotGathered) {
  serve({.stream_bytes = 100'000});
  RawClient client(server_->port());
  client.send(get("/stream", "Authorization: api\r\n"));
  const auto exchange = parked_.wait_for(1).back();
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 1000 && exchange->is_open(); ++i) {
    exchange->send(piece);
    if (i % 10 == 0) std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(parked_.wait_for_gone(1));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    bytes += get("/quick?" + std::to_string(i)) + post("/v1/echo", "[" + std::to_string(i) + "]");
  }
  const std::string all = answer(bytes, "[49]");
  size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = all.find("\"" + std::to_string(i) + "\"", at);
    ASSERT_NE(at, std::string::npos) << i;
    at = all.find("[" + std::to_string(i) + "]", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

}  // namespace
}  // namespace greylag
