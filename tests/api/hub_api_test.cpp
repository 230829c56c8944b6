// SPDX-License-Identifier: Apache-2.0
// From words to a model in the list, against a double that answers as Hugging Face does: search,
// the files of a repository, a redirect to another host with the file's size and hash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/file.h"
#include "core/base/sha256.h"
#include "tests/api/api_client.h"
#include "tests/support/fault_server.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;
using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;
using testing::HasSubstr;

class HubApi : public testing::Test {
 protected:
  HubApi() {
    EXPECT_TRUE(test::write_tiny_checkpoint(dir_ / "file").ok());
    content_ = *read_text_file(dir_ / "file", 64 << 20);
    hash_ = *sha256_file(dir_ / "file");
  }
  FaultReply answer(const FaultRequest& request) const {
    FaultReply reply;
    if (request.path.starts_with("/api/models?search=tiny")) {
      reply.body = R"([{"id":"someone/tiny","downloads":3,"likes":1}])";
    } else if (request.path == "/api/models/someone/tiny/tree/main?recursive=1") {
      const json file = {{"type", "file"},
                         {"path", "models/found.safetensors"},
                         {"lfs", {{"oid", hash_}, {"size", content_.size()}}}};
      reply.body = json::array({file}).dump();
    } else if (request.path == "/someone/tiny/resolve/main/models/found.safetensors") {
      reply.status = 302;
      std::string cdn = hub_.url("/cdn");
      reply.headers = {"Location: " + cdn.replace(cdn.find("127.0.0.1"), 9, "localhost"),
                       "X-Linked-ETag: \"" + hash_ + "\"",
                       "X-Linked-Size: " + std::to_string(content_.size())};
    } else if (request.path == "/cdn") {
      return test::honest_reply(request, content_);
    } else {
      reply.status = 401;
      reply.headers = {"X-Error-Code: RepoNotFound"};
    }
    return reply;
  }
  // The first download once it is in none of the states of work.
  json finished() const {
    json row;
    do {
      row = engine_.call("GET", "/engine/downloads").json()["downloads"][0];
    } while (row["state"] == "queued" || row["state"] == "running" || row["state"] == "verifying");
    return row;
  }

  const test::TempDir dir_;
  std::string content_, hash_;
  const FaultServer hub_{[this](const FaultRequest& request) { return answer(request); }};
  const ApiEngine engine_{[this](EngineOptions& options) { options.hubs = {hub_.url("")}; }};
};

TEST_F(HubApi, LeadsFromWordsToAModel) {
  const json found = engine_.call("GET", "/engine/hub?words=tiny%20one").json();
  ASSERT_EQ(found["repositories"].size(), 1u) << found;
  const std::string name = found["repositories"][0]["id"];
  EXPECT_EQ(name, "someone/tiny");
  const json files = engine_.call("GET", "/engine/hub?repository=someone%2Ftiny").json();
  ASSERT_EQ(files["files"].size(), 1u) << files;
  const json& file = files["files"][0];
  EXPECT_EQ(file["size_bytes"], content_.size());
  EXPECT_EQ(file["is_installed"], false);
  const ApiReply added = engine_.post(
      "/engine/downloads",
      {{"url", file["url"]}, {"mirrors", file["mirrors"]}, {"file_name", file["file_name"]}});
  ASSERT_EQ(added.status, 200) << added.body;
  const json row = finished();
  EXPECT_EQ(row["state"], "done") << row;
  EXPECT_EQ(row["verification"], "host");
  EXPECT_THAT(engine_.call("GET", "/engine/models").body, HasSubstr("\"found\""));
  EXPECT_EQ(engine_.call("GET", "/engine/hub?repository=someone%2Ftiny")
                .json()["files"][0]["is_installed"],
            true);
}

// A host that says nothing holds up those who ask it, and nobody else; and it ends with the engine.
TEST(HubApiWaits, ASilentHostHoldsUpNobodyElse) {
  const FaultServer hub([](const FaultRequest&) {
    FaultReply reply;
    reply.announced = 10;
    reply.is_stalling = true;
    return reply;
  });
  ApiEngine engine([&](EngineOptions& options) { options.hubs = {hub.url("")}; });
  std::atomic<int> answered{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      (void)engine.call("GET", "/engine/hub?words=x");
      ++answered;
    });
  }
  while (hub.request_count() < 2) std::this_thread::yield();
  EXPECT_EQ(engine.call("GET", "/engine/adapters").status, 200);
  EXPECT_EQ(answered, 0);
  engine.stop();
}

TEST_F(HubApi, SaysWhatIsNotThere) {
  const ApiReply reply = engine_.call("GET", "/engine/hub?repository=no%2Fbody");
  EXPECT_EQ(reply.status, 404) << reply.body;
  EXPECT_EQ(engine_.call("GET", "/engine/hub?repository=nobody").status, 400);
  EXPECT_EQ(engine_.call("GET", "/engine/hub").status, 400);
}

}  // namespace
}  // namespace greylag
