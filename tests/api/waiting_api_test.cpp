// SPDX-License-Identifier: Apache-2.0
// Work that takes long: a model that loads, data that is checked. Does it leave the others alone,
// and does it end with its client and with the engine?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>
#if !defined(_WIN32)
#include <sys/stat.h>
#endif

#include "core/base/file.h"
#include "tests/api/api_client.h"
#include "tests/support/no_threads.h"
#include "tests/support/sparse_checkpoint.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;
using testing::HasSubstr;

class WaitingApi : public testing::Test {
 protected:
  // Takes long enough to load for a few requests to be answered meanwhile.
  void add_large_model() {
    const auto path = engine_.dir() / "home/models/large.safetensors";
    const Status written = test::write_sparse_checkpoint(path, 6, 768);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  // A data file whose check takes hours: a hole without a line end.
  std::string endless_data() const {
    const auto path = engine_.dir() / "endless.jsonl";
    // A row that begins as one; a file that begins with NUL bytes is refused at once.
    std::ofstream(path) << R"({"text":")" << std::string(1u << 19, 'a');
    std::filesystem::resize_file(path, uint64_t{1} << 42);
    return path_to_utf8(path);
  }
  json check_request(const std::string& path) const { return {{"path", path}, {"model", "tiny"}}; }
  ApiEngine engine_;
};

TEST_F(WaitingApi, RequestsForALoadingModelHoldNobodyUpAndAreAllAnswered) {
  add_large_model();
  std::atomic<int> answered{0};
  std::vector<int> statuses(16);
  std::vector<std::jthread> clients;
  for (int& status : statuses) {
    clients.emplace_back([&] {
      const json request = {{"model", "large"}, {"prompt", "a"}, {"max_tokens", 1}};
      status = engine_.post("/v1/completions", request).status;
      ++answered;
    });
  }
  const auto waiting = [&] { return engine_.call("GET", "/engine/status").json()["waiting"]; };
  while (waiting() != 16 && answered == 0) continue;
  EXPECT_EQ(engine_.call("GET", "/health").status, 200);
  EXPECT_EQ(engine_.call("GET", "/v1/models").status, 200);
  EXPECT_EQ(engine_.post("/v1/completions", {{"model", "tiny"}, {"prompt", "a"}}).status, 200);
  EXPECT_EQ(answered, 0);  // all of that while it loaded
  clients.clear();
  EXPECT_THAT(statuses, testing::Each(200));
}

TEST_F(WaitingApi, AClientThatLeavesNoLongerWaits) {
  add_large_model();
  const json request = {{"model", "large"}, {"prompt", "a"}};
  engine_.hang_up_after(engine_.request("POST", "/v1/completions", request.dump(), {}), 0);
  while (engine_.call("GET", "/engine/requests").json()["requests"].empty()) continue;
  const auto logged = [&] { return engine_.call("GET", "/engine/requests").json()["requests"][0]; };
  while (logged()["state"] == "waiting") continue;
  EXPECT_EQ(logged()["state"], "cancelled");
  while (engine_.call("GET", "/engine/status").json()["waiting"] != 0) continue;
}

TEST_F(WaitingApi, AMissingAdapterIsSaidBeforeTheModelLoads) {
  add_large_model();
  const ApiReply reply =
      engine_.post("/v1/completions", {{"model", "large"}, {"prompt", "a"}, {"adapter", "none"}});
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.json()["error"]["param"], "adapter");
  EXPECT_EQ(engine_.call("GET", "/engine/status").json()["loaded_models"], json::array());
}

TEST_F(WaitingApi, AModelThatLoadsIsNotDeleted) {
  add_large_model();
  ASSERT_EQ(engine_.call("POST", "/engine/models/large/load").status, 200);
  const ApiReply reply = engine_.call("DELETE", "/engine/models/large");
  EXPECT_EQ(reply.status, 409) << reply.body;
  EXPECT_TRUE(std::filesystem::exists(engine_.dir() / "home/models/large.safetensors"));
}

TEST_F(WaitingApi, ChecksEndWithTheirClients) {
  const json endless = check_request(endless_data());
  for (int i = 0; i < 9; ++i) {  // more than there are places, were they kept
    engine_.hang_up_after(engine_.request("POST", "/engine/data/check", endless.dump(), {}), 0);
  }
  const auto data = engine_.dir() / "small.jsonl";
  std::ofstream(data) << R"({"text":"hello there"})";
  const json small = check_request(path_to_utf8(data));
  ApiReply reply;
  do reply = engine_.post("/engine/data/check", small);  // 429 until it is seen that they left
  while (reply.status == 429);
  EXPECT_EQ(reply.json()["usable_rows"], 1) << reply.body;
}

TEST_F(WaitingApi, ChecksEndWithTheEngine) {
  const json endless = check_request(endless_data());
  std::vector<ApiReply> replies(3);
  std::vector<std::jthread> clients;
  for (ApiReply& reply : replies) {
    clients.emplace_back([&] { reply = engine_.post("/engine/data/check", endless); });
  }
  EXPECT_EQ(engine_.call("GET", "/health").status, 200);
  engine_.stop();
  clients.clear();
  for (const ApiReply& reply : replies) {
    EXPECT_TRUE(reply.status == 503 || reply.status == 0) << reply.status;  // 0: it came too late
  }
}

TEST_F(WaitingApi, AWaitingRequestHearsThatTheEngineStops) {
  add_large_model();
  ApiReply reply;
  std::jthread client([&] {
    reply = engine_.post("/v1/completions", {{"model", "large"}, {"prompt", "a"}});
  });
  while (engine_.call("GET", "/engine/status").json()["waiting"] != 1) continue;
  engine_.stop();
  client.join();
  EXPECT_EQ(reply.status, 503);
}

TEST_F(WaitingApi, WhatIsNoFileIsRefusedByName) {
  const auto data = engine_.dir() / "data.jsonl";
  std::ofstream(data) << R"({"text":"hello there"})";
  std::vector<std::pair<std::string, std::string>> wrong = {
      {path_to_utf8(engine_.dir().path()), "a folder"}};
#if !defined(_WIN32)
  const auto pipe = engine_.dir() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  wrong.emplace_back(path_to_utf8(pipe), "a pipe");
  wrong.emplace_back("/dev/zero", "a device");
#endif
  for (const auto& [path, kind] : wrong) {
    const json as_data = {{"model", "tiny"}, {"data", path}};
    const json as_model = {{"model", path}, {"data", path_to_utf8(data)}};
    for (const auto& [route, request] :
         {std::pair("/engine/data/check", check_request(path)),
          std::pair("/engine/data/check", json{{"path", path_to_utf8(data)}, {"model", path}}),
          std::pair("/engine/train/plan", as_data), std::pair("/engine/train/plan", as_model),
          std::pair("/engine/runs", as_data),
          std::pair("/engine/models/import", json{{"path", path}}),
          std::pair("/engine/models/inspect", json{{"path", path}})}) {
      const ApiReply reply = engine_.post(route, request);
      EXPECT_EQ(reply.status, 400) << route << ' ' << request << ' ' << reply.body;
      EXPECT_THAT(reply.body, HasSubstr(kind)) << route;
    }
  }
#if !defined(_WIN32)
  json run = {{"model", "tiny"}, {"data", path_to_utf8(data)}, {"vocabulary", path_to_utf8(pipe)}};
  EXPECT_EQ(engine_.post("/engine/train/plan", run).status, 400);
  run = {{"model", "tiny"},
         {"data", path_to_utf8(data)},
         {"method", "hrm"},
         {"hrm_core", "/dev/zero"}};
  EXPECT_EQ(engine_.post("/engine/train/plan", run).status, 400);
  // In the library's folders it is passed over.
  ASSERT_EQ(mkfifo((engine_.dir() / "home/adapters/pipe.safetensors").c_str(), 0600), 0);
  EXPECT_EQ(engine_.call("GET", "/engine/adapters").json()["adapters"], json::array());
#endif
}

#if defined(__GLIBC__)
TEST(EngineStart, IsRefusedWhenThereIsNoThread) {
  const test::TempDir dir;
  EngineOptions options;
  options.home = *Home::open(dir / "home");
  options.port = 0;
  const test::NoThreads none;
  const auto engine = Engine::start(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::Unavailable) << engine.error().message;
}
#endif

}  // namespace
}  // namespace greylag
