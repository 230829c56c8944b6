// SPDX-License-Identifier: Apache-2.0
// Files whose SHA-256 only their host knows, and files that several hosts have.
#include "tests/core/hub/downloader_fixture.h"

namespace greylag {
namespace {

using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;
using test::honest_reply;
using test::kSize;
using test::read_all;
using test::sha256_of;
using DownloadHostsTest = test::DownloaderFixture;

// ---- without a pinned hash, as Hugging Face serves large files

// The hub's host states size and hash and redirects to another host, which says other things.
class HubDouble {
 public:
  explicit HubDouble(const std::string& content, std::string stated)
      : stated_(std::move(stated)), server_([this, &content](const FaultRequest& request) {
          return request.path == "/cdn" ? bytes(request, content) : redirect();
        }) {}
  std::string url() const { return server_.url("/owner/name/resolve/main/model.pth"); }

  std::vector<std::string> headers;  // more of the redirect
  std::string linked_size = std::to_string(kSize);
  std::vector<uint64_t> starts;  // of what the second host was asked
  bool is_cutting = false;       // once

 private:
  FaultReply redirect() const {
    FaultReply reply;
    reply.status = 302;
    reply.headers = headers;
    std::string cdn = server_.url("/cdn");
    reply.headers.push_back("Location: " + cdn.replace(cdn.find("127.0.0.1"), 9, "localhost"));
    if (!stated_.empty()) {
      reply.headers.push_back("X-Linked-ETag: \"" + stated_ + "\"");
      reply.headers.push_back("X-Linked-Size: " + linked_size);
    }
    return reply;
  }
  FaultReply bytes(const FaultRequest& request, const std::string& content) {
    starts.push_back(request.range_from.value_or(0));
    FaultReply reply = honest_reply(request, content);
    reply.headers.push_back("X-Linked-ETag: \"" + std::string(64, '0') + "\"");
    reply.headers.push_back("X-Linked-Size: 1");
    if (std::exchange(is_cutting, false)) {
      reply.announced = reply.body.size();
      reply.body.resize(70'000);
    }
    return reply;
  }
  const std::string stated_;
  FaultServer server_;
};

TEST_F(DownloadHostsTest, AHashThatTheHostStatesVerifiesTheFile) {
  HubDouble hub(content_, sha256_of(content_));
  hub.is_cutting = true;
  open();
  DownloadRecord wanted = unpinned(hub.url());
  wanted.size_bytes = kSize;  // as the catalogue knows it
  ASSERT_TRUE(downloader_->add(wanted).ok());
  const auto status = wait_for({"done", "failed"});
  expect_whole(status);
  EXPECT_EQ(status.verification, "host");
  EXPECT_EQ(hub.starts, (std::vector<uint64_t>{0, 70'000}));
}

TEST_F(DownloadHostsTest, AStatedHashRefusesOtherBytes) {
  const HubDouble hub(content_, sha256_of("something else"));
  open();
  ASSERT_TRUE(downloader_->add(unpinned(hub.url())).ok());
  expect_nothing(wait_for({"done", "failed"}));
}

TEST_F(DownloadHostsTest, AFileThatNobodyCanVerifyIsNotFetched) {
  const HubDouble hub(content_, "");
  open();
  ASSERT_TRUE(downloader_->add(unpinned(hub.url())).ok());
  const auto status = wait_for({"done", "failed"});
  expect_nothing(status);
  EXPECT_NE(status.error.find("states no SHA-256"), std::string::npos) << status.error;
  EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part") &&
               std::filesystem::file_size(dir_ / "model.pth.part") > 0);
}

TEST_F(DownloadHostsTest, AFileOfAnotherSizeThanPublishedIsNotFetched) {
  HubDouble hub(content_, sha256_of(content_));
  open();
  DownloadRecord wanted = unpinned(hub.url());
  wanted.size_bytes = kSize + 1;
  ASSERT_TRUE(downloader_->add(wanted).ok());
  const auto status = wait_for({"done", "failed"});
  expect_nothing(status);
  EXPECT_NE(status.error.find("another file"), std::string::npos) << status.error;
}

TEST_F(DownloadHostsTest, AGatedFileIsSaidInWords) {
  const FaultServer server([](const FaultRequest&) {
    FaultReply reply;
    reply.status = 401;
    reply.headers = {"X-Error-Code: GatedRepo"};
    return reply;
  });
  const auto status = fetch(server);
  expect_nothing(status);
  EXPECT_NE(status.error.find("signed in"), std::string::npos) << status.error;
}

// ---- several hosts

TEST_F(DownloadHostsTest, AMirrorServesWhatTheFirstHostRefuses) {
  const FaultServer first([](const FaultRequest&) {
    FaultReply reply;
    reply.status = 404;
    return reply;
  });
  const FaultServer second(
      [&](const FaultRequest& r) { return honest_reply(r, content_, "\"2\""); });
  open();
  DownloadRecord wanted = record(first);
  wanted.mirrors = {first.url("/neither.pth"), second.url("/model.pth")};
  ASSERT_TRUE(downloader_->add(wanted).ok());
  const auto status = wait_for({"done", "failed"});
  expect_whole(status);
  EXPECT_EQ(status.verification, "pinned");
  EXPECT_EQ(first.request_count(), 2);
}

TEST_F(DownloadHostsTest, AMirrorGoesOnWhereTheFirstHostBroke) {
  const FaultServer first([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_, "\"1\"");
    reply.announced = reply.body.size();
    reply.body.resize(100'000);
    return reply;
  });
  std::vector<uint64_t> starts;
  const FaultServer second([&](const FaultRequest& r) {
    starts.push_back(r.range_from.value_or(0));
    return honest_reply(r, content_, "\"2\"");
  });
  open();
  DownloadRecord wanted = record(first);
  wanted.mirrors = {second.url("/model.pth")};
  ASSERT_TRUE(downloader_->add(wanted).ok());
  expect_whole(wait_for({"done", "failed"}));
  EXPECT_EQ(first.request_count(), 1);
  EXPECT_EQ(starts, std::vector<uint64_t>{100'000});
}

TEST_F(DownloadHostsTest, WhenEveryHostRefusesTheDownloadFails) {
  const FaultServer first([](const FaultRequest&) {
    FaultReply reply;
    reply.status = 404;
    return reply;
  });
  open();
  DownloadRecord wanted = record(first);
  wanted.mirrors = {first.url("/other.pth")};
  ASSERT_TRUE(downloader_->add(wanted).ok());
  expect_nothing(wait_for({"done", "failed"}));
  EXPECT_EQ(first.request_count(), 2);
}

TEST_F(DownloadHostsTest, ARecordRemembersItsHostsAndTheirWord) {
  DownloadRecord before;
  before.file_name = before.name = "m.gguf";
  before.url = "https://a.example/m.gguf";
  before.mirrors = {"https://b.example/m.gguf"};
  before.sha256 = std::string(64, 'a');
  before.is_hash_stated = true;
  before.target = target_;
  ASSERT_TRUE(save_record(dir_ / "records", before).ok());
  const auto after = load_records(dir_ / "records");
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].mirrors, before.mirrors);
  EXPECT_STREQ(after[0].verification(), "host");
  before.sha256.clear();
  ASSERT_TRUE(save_record(dir_ / "records", before).ok());
  EXPECT_STREQ(load_records(dir_ / "records").at(0).verification(), "");
}

}  // namespace
}  // namespace greylag
