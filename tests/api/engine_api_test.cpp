// SPDX-License-Identifier: Apache-2.0
// The door and /engine: who gets in, what is too much, models, configurations, settings, runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "tests/api/api_client.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;
using testing::HasSubstr;

class EngineApi : public testing::Test {
 protected:
  std::string host() const { return "Host: 127.0.0.1:" + std::to_string(engine_.port()) + "\r\n"; }
  std::string bearer() const { return "Authorization: Bearer " + engine_.control_token() + "\r\n"; }
  int status_of(const std::string& bytes) const { return engine_.raw(bytes).status; }
  void expect_alive() const { EXPECT_EQ(engine_.call("GET", "/health").status, 200); }
  ApiEngine engine_;
};

TEST_F(EngineApi, HealthNeedsNoToken) {
  const ApiReply reply = engine_.raw("GET /health HTTP/1.1\r\n" + host() + "\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"status\":\"ok\"}");
}

TEST_F(EngineApi, EverythingElseNeedsOne) {
  for (const char* line : {"GET /v1/models",
                           "POST /v1/chat/completions",
                           "POST /v1/completions",
                           "GET /engine/status",
                           "GET /engine/devices",
                           "GET /engine/models",
                           "POST /engine/models/import",
                           "DELETE /engine/models/tiny",
                           "GET /engine/adapters",
                           "GET /engine/catalogue",
                           "GET /engine/downloads",
                           "POST /engine/data/check",
                           "POST /engine/train/plan",
                           "GET /engine/runs",
                           "POST /engine/runs",
                           "GET /engine/configurations",
                           "PUT /engine/settings",
                           "GET /engine/requests",
                           "POST /engine/token/renew",
                           "POST /engine/shutdown",
                           "GET /engine/events",
                           "GET /nowhere",
                           "OPTIONS /v1/models"}) {
    const ApiReply reply = engine_.raw(std::string(line) + " HTTP/1.1\r\n" + host() + "\r\n");
    EXPECT_EQ(reply.status, 401) << line;
    EXPECT_EQ(reply.json()["error"]["code"], "invalid_api_key") << line;
  }
}

TEST_F(EngineApi, TheApiTokenOpensV1Only) {
  const std::string api = "Authorization: Bearer " + engine_.api_token() + "\r\n";
  EXPECT_EQ(status_of("GET /v1/models HTTP/1.1\r\n" + host() + api + "\r\n"), 200);
  EXPECT_EQ(status_of("GET /engine/status HTTP/1.1\r\n" + host() + api + "\r\n"), 403);
}

TEST_F(EngineApi, ForeignHostsAndPagesStayOut) {
  const std::string start = "GET /v1/models HTTP/1.1\r\n" + bearer();
  EXPECT_EQ(status_of(start + "Host: evil.test\r\n\r\n"), 403);
  EXPECT_EQ(status_of(start + host() + "Origin: https://evil.test\r\n\r\n"), 403);
  EXPECT_EQ(status_of(start + "\r\n"), 400);
  EXPECT_EQ(status_of(start + host() + host() + "\r\n"), 400);
  const ApiReply preflight =
      engine_.raw("OPTIONS /v1/models HTTP/1.1\r\n" + host() + "Origin: https://evil.test\r\n\r\n");
  EXPECT_EQ(preflight.status, 403);
  EXPECT_THAT(preflight.head, testing::Not(HasSubstr("Access-Control")));
}

TEST_F(EngineApi, WrongPathsAndMethods) {
  EXPECT_EQ(engine_.call("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(engine_.call("GET", "/").status, 404);
  EXPECT_EQ(engine_.call("DELETE", "/v1/models").status, 405);
  EXPECT_EQ(engine_.call("GET", "/v1/chat/completions").status, 405);
  EXPECT_EQ(engine_.call("GET", "/v1/models/../../etc/passwd").status, 404);
  EXPECT_EQ(engine_.call("GET", "/engine/runs/..%2F..%2Fetc").status, 404);
}

TEST_F(EngineApi, OnlyJsonBodies) {
  const std::string start = "POST /v1/completions HTTP/1.1\r\n" + host() + bearer();
  EXPECT_EQ(status_of(start + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"), 415);
  EXPECT_EQ(status_of(start + "Content-Length: 2\r\n\r\n{}"), 415);
  EXPECT_EQ(engine_.call("POST", "/v1/completions", "[]").status, 400);
  expect_alive();
}

TEST_F(EngineApi, LimitsHoldWhileReading) {
  const std::string start = "POST /v1/completions HTTP/1.1\r\n" + host() + bearer() +
                            "Content-Type: application/json\r\n";
  EXPECT_EQ(status_of(start + "Content-Length: 8388609\r\n\r\n"), 413);
  std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 9; ++i) chunked += "100000\r\n" + std::string(0x100000, ' ') + "\r\n";
  EXPECT_EQ(status_of(chunked + "0\r\n\r\n"), 413);
  EXPECT_EQ(engine_.call("POST", "/v1/completions", std::string(9 << 20, ' ')).status, 413);
  EXPECT_EQ(engine_.call("GET", "/" + std::string(9'000, 'a')).status, 414);
  EXPECT_EQ(engine_.call("GET", "/health", {}, "X: " + std::string(40'000, 'a') + "\r\n").status,
            431);
  std::string many;
  for (int i = 0; i < 70; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(engine_.call("GET", "/health", {}, many).status, 431);
  expect_alive();
}

TEST_F(EngineApi, BrokenHttpIs400) {
  EXPECT_EQ(status_of("NONSENSE\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST /v1/completions HTTP/1.1\r\n" + host() + bearer() +
                      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(status_of("GET /health HTTP/1.1\r\n" + host() + "Content-Length: -1\r\n\r\n"), 400);
  expect_alive();
}

TEST_F(EngineApi, KeepsTheConnection) {
  const std::string one = "GET /health HTTP/1.1\r\n" + host() + "\r\n";
  const std::string both = engine_.hang_up_after(one + one, 250);
  EXPECT_NE(both.find("HTTP/1.1 200", 20), std::string::npos);
}

TEST_F(EngineApi, EventsBeginWithTheStatus) {
  const std::string came =
      engine_.hang_up_after(engine_.request("GET", "/engine/events", {}, {}), 400);
  EXPECT_THAT(came, HasSubstr("event: status\ndata: {\""));
}

TEST_F(EngineApi, ModelsAreInspectedLoadedAndDeleted) {
  json models = engine_.call("GET", "/engine/models").json()["models"];
  ASSERT_FALSE(models.empty());
  EXPECT_EQ(models[0]["id"], "tiny");
  EXPECT_EQ(models[0]["vocabulary"], "byte");
  EXPECT_EQ(models[0]["problem"], "");
  EXPECT_EQ(engine_.call("POST", "/engine/models/tiny/load").status, 200);
  while (engine_.call("GET", "/engine/models").json()["models"][0]["is_loaded"] != true) continue;
  EXPECT_EQ(engine_.call("POST", "/engine/models/tiny/unload").json()["is_loaded"], false);
  const auto size = models[0]["size_bytes"];
  EXPECT_EQ(engine_.call("DELETE", "/engine/models/tiny").json()["freed_bytes"], size);
  EXPECT_EQ(engine_.call("DELETE", "/engine/models/tiny").status, 404);
}

TEST_F(EngineApi, ImportsAFileWhole) {
  const auto file = engine_.dir() / "mine.pth";
  ASSERT_TRUE(test::write_tiny_checkpoint(file, {.seed = 2}).ok());
  const json request = {{"path", path_to_utf8(file)}};
  EXPECT_EQ(engine_.post("/engine/models/import", request).json()["state"], "running");
  const auto is_there = [&] {
    const json models = engine_.call("GET", "/engine/models").json()["models"];
    for (const json& model : models) {
      if (model["id"] == "mine") return true;
    }
    return false;
  };
  while (!is_there()) continue;
  ApiReply again;
  do {
    again = engine_.post("/engine/models/import", request);
  } while (again.status == 409);  // until the first has said its end
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(is_there());
  std::ofstream(engine_.dir() / "text.pth") << "not a model";
  const json text = {{"path", path_to_utf8(engine_.dir() / "text.pth")}};
  EXPECT_EQ(engine_.post("/engine/models/import", text).status, 422);
  EXPECT_NE(engine_.post("/engine/models/inspect", text).json()["problem"], "");
  EXPECT_EQ(engine_.post("/engine/models/import", {{"path", "/nowhere"}}).status, 404);
}

TEST_F(EngineApi, AnAdapterIsGivenItsAlphaAndExported) {
  const auto adapters = engine_.dir() / "home" / "adapters";
  std::vector<test::TinyTensor> tensors;
  for (const auto& [half, shape] : {std::pair{"A", gpu::Shape{2, 64}}, {"B", gpu::Shape{64, 2}}}) {
    std::vector<float> values(128, 0.25f);
    tensors.push_back(test::make_tensor(std::string("blocks.0.att.receptance.lora_") + half, shape,
                                        std::move(values)));
  }
  ASSERT_TRUE(test::write_tensors(adapters / "foreign.pth", tensors).ok());
  const auto listed = [&] { return engine_.call("GET", "/engine/adapters").json()["adapters"][0]; };
  EXPECT_EQ(listed()["is_alpha_assumed"], true);
  const auto answer = [&] {
    const json message = {{"role", "user"}, {"content", "reason"}};
    return engine_
        .post("/v1/chat/completions", {{"model", "tiny"},
                                       {"messages", json::array({message})},
                                       {"max_tokens", 1},
                                       {"temperature", 0},
                                       {"logprobs", true},
                                       {"adapter", "foreign"}})
        .json()["choices"][0]["logprobs"]["content"][0]["logprob"];
  };
  const json at_scale_1 = answer();
  EXPECT_EQ(engine_.post("/engine/adapters/foreign/alpha", {{"alpha", 64}}).json()["alpha"], 64);
  EXPECT_EQ(listed()["is_alpha_assumed"], false);
  EXPECT_NE(answer(), at_scale_1);  // the next request already
  EXPECT_EQ(engine_.post("/engine/adapters/foreign/alpha", json::object()).status, 400);
  EXPECT_EQ(engine_.post("/engine/adapters/nobody/alpha", {{"alpha", 64}}).status, 404);
  const auto out = engine_.dir() / "out.pth";
  const json exported =
      engine_.post("/engine/adapters/foreign/export", {{"path", path_to_utf8(out)}}).json();
  EXPECT_EQ(exported["alpha"], 64);
  EXPECT_EQ(exported["rank"], 2);
  EXPECT_TRUE(std::filesystem::exists(engine_.dir() / "out.adapter_config.json"));
  EXPECT_EQ(engine_.post("/engine/adapters/foreign/export", {{"path", path_to_utf8(out)}}).status,
            409);
  EXPECT_EQ(engine_.post("/engine/adapters/foreign/export", {{"path", "out.pth"}}).status, 400);
}

// What others put into HOME is found by the next request, and shown without one.
TEST_F(EngineApi, FilesThatAppearAreServed) {
  const auto folder = engine_.dir() / "home" / "models";
  const json request = {{"model", "late"}, {"prompt", "a"}, {"max_tokens", 1}};
  EXPECT_EQ(engine_.post("/v1/completions", request).status, 404);
  ASSERT_TRUE(test::write_tiny_checkpoint(folder / "late.st", {.layers = 1}).ok());
  EXPECT_EQ(engine_.post("/v1/completions", request).status, 200);
}

TEST_F(EngineApi, ConfigurationsAreNamesForModels) {
  const json configuration = {{"model", "tiny"}, {"temperature", 0}, {"max_tokens", 3}};
  const std::string path = "/engine/configurations/my%20choice";
  EXPECT_EQ(engine_.call("PUT", path, configuration.dump()).status, 200);
  const json reply =
      engine_.post("/v1/completions", {{"model", "my choice"}, {"prompt", "a"}}).json();
  EXPECT_EQ(reply["model"], "my choice");
  EXPECT_LE(reply["usage"]["completion_tokens"].get<int>(), 3);
  EXPECT_EQ(engine_.call("PUT", path, R"({"model":"tiny","temperature":9})").status, 400);
  EXPECT_EQ(engine_.call("DELETE", path).json()["configurations"], json::array());
  EXPECT_EQ(engine_.call("DELETE", path).status, 404);
}

TEST_F(EngineApi, SettingsAreCheckedAndKept) {
  EXPECT_EQ(engine_.call("PUT", "/engine/settings", R"({"port":70000})").status, 400);
  EXPECT_EQ(engine_.call("PUT", "/engine/settings", R"({"device":"abacus"})").status, 400);
  EXPECT_EQ(engine_.call("PUT", "/engine/settings", R"({"port":"x"})").status, 400);
  EXPECT_EQ(engine_.call("PUT", "/engine/settings", R"({"port":18000})").json()["port"], 18000);
  EXPECT_EQ(engine_.call("GET", "/engine/settings").json()["port"], 18000);
}

TEST_F(EngineApi, ARunNeedsModelDataAndTrainer) {
  const auto data = engine_.dir() / "data.jsonl";
  std::ofstream(data) << R"({"text":"hello there"})"
                      << "\n{broken\n";
  json run = {{"name", "My run"}, {"model", "nobody"}, {"data", path_to_utf8(data)}};
  EXPECT_EQ(engine_.post("/engine/runs", run).status, 404);
  run["model"] = "tiny";
  const ApiReply reply = engine_.post("/engine/runs", run);
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("missing"));
  EXPECT_EQ(engine_.call("GET", "/engine/runs").json()["runs"], json::array());
  const json check =
      engine_.post("/engine/data/check", {{"path", path_to_utf8(data)}, {"model", "tiny"}}).json();
  EXPECT_EQ(check["usable_rows"], 1);
  EXPECT_EQ(check["errors"][0]["line"], 2);
  EXPECT_EQ(engine_.call("GET", "/engine/runs/none/metrics?from=x").status, 400);
  EXPECT_EQ(engine_.call("POST", "/engine/runs/none/pause").status, 404);
}

TEST_F(EngineApi, DownloadsAreCheckedAtTheDoor) {
  EXPECT_EQ(engine_.post("/engine/downloads", {{"catalogue_id", "nothing"}}).status, 404);
  const std::string hash(64, 'a');
  const auto add = [&](const std::string& url, const std::string& name) {
    return engine_.post("/engine/downloads", {{"url", url}, {"sha256", hash}, {"file_name", name}})
        .status;
  };
  EXPECT_EQ(add("http://example.org/x.pth", "x.pth"), 403);
  EXPECT_EQ(add("https://10.0.0.1/x.pth", "x.pth"), 403);
  EXPECT_EQ(add("https://example.org/x.pth", "../x.pth"), 400);
  EXPECT_EQ(engine_.call("GET", "/engine/catalogue")
                .json()["entries"][0]["sha256"]
                .get<std::string>()
                .size(),
            64u);
}

TEST_F(EngineApi, ANewTokenEndsTheOldOne) {
  const std::string fresh = engine_.call("POST", "/engine/token/renew").json()["token"];
  const auto with = [&](const std::string& token) {
    return status_of("GET /v1/models HTTP/1.1\r\n" + host() + "Authorization: Bearer " + token +
                     "\r\n\r\n");
  };
  EXPECT_EQ(with(fresh), 200);
  EXPECT_EQ(with(engine_.api_token()), 401);
}

TEST_F(EngineApi, OneEnginePerHomeAndPort) {
  EngineOptions options;
  options.home = *Home::open(engine_.dir() / "home");
  options.port = 0;
  const auto second = Engine::start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr("another engine"));
  options.home = *Home::open(engine_.dir() / "other");
  options.port = engine_.port();
  const auto third = Engine::start(options);
  ASSERT_FALSE(third.ok());
  EXPECT_THAT(third.error().message, HasSubstr("is taken"));
}

}  // namespace
}  // namespace greylag
