// SPDX-License-Identifier: Apache-2.0
// Against a double that answers as Hugging Face does, and one that does not.
#include "core/hub/hub_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;
using testing::HasSubstr;

const auto kGoOn = [] { return false; };

class HubSearchTest : public testing::Test {
 protected:
  static FaultServer::Script answering(std::string body, int status = 200) {
    return [body = std::move(body), status](const FaultRequest&) {
      FaultReply reply;
      reply.status = status;
      reply.body = body;
      return reply;
    };
  }
  const test::TempDir dir_;
  const Home home_{*Home::open(dir_ / "home")};
};

TEST_F(HubSearchTest, FindsRepositories) {
  std::string asked;
  const FaultServer hub([&](const FaultRequest& request) {
    asked = request.path;
    FaultReply reply;
    reply.body = R"([{"id":"someone/rwkv7-small","downloads":1200,"likes":7,"tags":["rwkv"]},
                     {"id":"../../etc"},{"id":"a/b/c"},{"id":12},"text",{"downloads":3}])";
    return reply;
  });
  const auto found = search_hub({hub.url("")}, "rwkv 7&limit=9", kGoOn);
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_EQ(found->repositories.size(), 1u);
  EXPECT_EQ(found->repositories[0].id, "someone/rwkv7-small");
  EXPECT_EQ(found->repositories[0].downloads, 1200);
  EXPECT_EQ(found->repositories[0].likes, 7);
  EXPECT_THAT(asked, HasSubstr("search=rwkv%207%26limit%3D9&"));
  EXPECT_EQ(search_hub({hub.url("")}, "  ", kGoOn).error().code, ErrorCode::InvalidArgument);
}

TEST_F(HubSearchTest, ListsTheModelFilesThatCanBeVerified) {
  std::ofstream(home_.models() / "b.gguf") << "x";
  const FaultServer hub(answering(R"([
      {"type":"directory","path":"gguf"},
      {"type":"file","path":"README.md","size":10},
      {"type":"file","path":"gguf/large one.GGUF","size":9,"lfs":{"oid":"00","size":900}},
      {"type":"file","path":"gguf/b.gguf","size":9,"lfs":{"oid":"00","size":400}},
      {"type":"file","path":"plain.safetensors","size":9},
      {"type":"file","path":"notes.bin","size":9,"lfs":{"oid":"00","size":1}},
      {"type":"file","path":"..","size":9,"lfs":{"oid":"00","size":1}},
      {"type":"file","path":"a/.hidden.pth","size":9,"lfs":{"oid":"00","size":1}},
      {"type":"file","path":7,"lfs":[]}, null])"));
  const std::vector<std::string> hubs = {hub.url(""), "https://mirror.example"};
  const auto list = list_hub_files(hubs, "owner/name", home_, kGoOn);
  ASSERT_TRUE(list.ok()) << list.error().message;
  ASSERT_EQ(list->files.size(), 2u);
  EXPECT_EQ(list->files[0].path, "gguf/b.gguf");
  EXPECT_EQ(list->files[0].size_bytes, 400u);
  EXPECT_TRUE(list->files[0].is_installed);
  EXPECT_EQ(list->files[1].file_name, "large one.GGUF");
  EXPECT_FALSE(list->files[1].is_installed);
  EXPECT_EQ(list->files[1].url, hub.url("/owner/name/resolve/main/gguf/large%20one.GGUF"));
  EXPECT_THAT(
      list->files[1].mirrors,
      testing::ElementsAre("https://mirror.example/owner/name/resolve/main/gguf/large%20one.GGUF"));
}

TEST_F(HubSearchTest, ARepositoryIsNamedInTwoPlainParts) {
  const FaultServer hub(answering("[]"));
  for (const char* name :
       {"", "one", "/name", "owner/", "a/b/c", "a/..", "a b/c", "a/b?x=1", "ä/b"}) {
    const auto list = list_hub_files({hub.url("")}, name, home_, kGoOn);
    ASSERT_FALSE(list.ok()) << name;
    EXPECT_EQ(list.error().code, ErrorCode::InvalidArgument) << name;
  }
  EXPECT_EQ(hub.request_count(), 0);
}

TEST_F(HubSearchTest, AMirrorAnswersForAHubThatDoesNot) {
  const FaultServer mirror(answering(R"([{"id":"a/b"}])"));
  for (const FaultServer::Script& script :
       {answering("down", 503), answering("<html>"), answering("{}"), answering("", 404),
        answering("[]" + std::string(9 << 20, ' '))}) {
    const FaultServer hub(script);
    const auto found = search_hub({hub.url(""), mirror.url("")}, "x", kGoOn);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->repositories.size(), 1u);
    EXPECT_FALSE(search_hub({hub.url("")}, "x", kGoOn).ok());
  }
}

TEST_F(HubSearchTest, WhatIsNotThereIsSaid) {
  const FaultServer hub([](const FaultRequest&) {
    FaultReply reply;
    reply.status = 401;  // Hugging Face's answer for a repository that is not there
    reply.headers.push_back("X-Error-Code: RepoNotFound");
    return reply;
  });
  const auto list = list_hub_files({hub.url("")}, "a/b", home_, kGoOn);
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
