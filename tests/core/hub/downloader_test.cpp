// SPDX-License-Identifier: Apache-2.0
// Whatever a server does, the final name never holds wrong bytes, and what can be saved is saved.
#include "core/hub/downloader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "core/base/random.h"
#include "core/base/sha256.h"
#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;
using test::honest_reply;

constexpr size_t kSize = 300'000;

std::string random_text(size_t size, uint64_t seed) {
  CounterRandom random(seed, 0);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.below(256));
  return text;
}

std::string sha256_of(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.hex();
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class DownloaderTest : public testing::Test {
 protected:
  DownloaderTest() { std::filesystem::create_directories(dir_ / "records"); }

  void open() {
    const DownloaderOptions options{.stall_time = std::chrono::milliseconds(300),
                                    .first_pause = std::chrono::milliseconds(1),
                                    .retries = 4};
    downloader_ = std::make_unique<Downloader>(
        dir_ / "records", [this](const protocol::DownloadStatus& s) { on_change(s); }, options);
  }
  void on_change(const protocol::DownloadStatus& status) {
    const bool is_growing = status.state == "running" && status.bytes_done > 0;
    if (is_growing && during_) std::exchange(during_, {})();
    const std::lock_guard lock(mutex_);
    last_ = status;
    changed_.notify_all();
  }
  DownloadRecord record(const FaultServer& server) {
    DownloadRecord record;
    record.name = record.file_name = "model.pth";
    record.url = server.url("/model.pth");
    record.sha256 = sha256_of(content_);
    record.target = target_;
    return record;
  }
  DownloadRecord unpinned(const std::string& url) {
    DownloadRecord record;
    record.name = record.file_name = "model.pth";
    record.url = url;
    record.target = target_;
    return record;
  }
  // Waits for one of the states; the test's deadline is the whole program's.
  protocol::DownloadStatus wait_for(const std::vector<std::string>& states) {
    std::unique_lock lock(mutex_);
    const auto is_there = [&] {
      return std::find(states.begin(), states.end(), last_.state) != states.end();
    };
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), is_there)) << last_.state;
    return last_;
  }
  protocol::DownloadStatus fetch(const FaultServer& server) {
    open();
    const auto added = downloader_->add(record(server));
    EXPECT_TRUE(added.ok()) << (added ? "" : added.error().message);
    return wait_for({"done", "failed"});
  }
  // The first answer is `fault`, every later one is honest.
  protocol::DownloadStatus fetch_after(const FaultServer::Script& fault) {
    FaultServer server([&](const FaultRequest& r) {
      return r.number == 0 ? fault(r) : honest_reply(r, content_);
    });
    const auto status = fetch(server);
    requests_ = server.request_count();
    return status;
  }
  void expect_whole(const protocol::DownloadStatus& status) {
    EXPECT_EQ(status.state, "done") << status.error;
    EXPECT_EQ(read_all(target_), content_);
    EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part"));
    EXPECT_TRUE(std::filesystem::is_empty(dir_ / "records"));
  }
  void expect_nothing(const protocol::DownloadStatus& status) {
    EXPECT_EQ(status.state, "failed");
    EXPECT_FALSE(status.error.empty());
    EXPECT_FALSE(std::filesystem::exists(target_));
  }

  test::TempDir dir_;
  const std::filesystem::path target_ = dir_ / "model.pth";
  const std::string content_ = random_text(kSize, 1);
  std::mutex mutex_;
  std::condition_variable changed_;
  protocol::DownloadStatus last_;
  std::function<void()> during_;  // done once while bytes come, on the download thread
  int requests_ = 0;
  std::unique_ptr<Downloader> downloader_;  // last: stops before what its callback uses
};

TEST_F(DownloaderTest, FetchesAFile) {
  expect_whole(fetch_after([&](const FaultRequest& r) { return honest_reply(r, content_); }));
  EXPECT_EQ(requests_, 1);
}

TEST_F(DownloaderTest, ResumesAfterACut) {
  std::vector<uint64_t> starts;
  FaultServer server([&](const FaultRequest& r) {
    starts.push_back(r.range_from.value_or(0));
    FaultReply reply = honest_reply(r, content_);
    if (r.number < 3) {
      reply.announced = reply.body.size();
      reply.body.resize(50'000);
    }
    return reply;
  });
  expect_whole(fetch(server));
  EXPECT_EQ(starts, (std::vector<uint64_t>{0, 50'000, 100'000, 150'000}));
}

TEST_F(DownloaderTest, StartsOverWhenTheServerIgnoresTheRange) {
  FaultServer server([&](const FaultRequest& r) {
    FaultReply reply;
    reply.body = content_;
    if (r.number == 0) {
      reply.announced = kSize;
      reply.body.resize(1'000);
    }
    return reply;  // 200 without an ETag, whatever was asked
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, StartsOverWhenTheFileChangedMeanwhile) {
  const std::string old = random_text(kSize, 2);
  FaultServer server([&](const FaultRequest& r) {
    if (r.number > 0) return honest_reply(r, content_, "\"v2\"");
    FaultReply reply = honest_reply(r, old, "\"v1\"");
    reply.announced = kSize;
    reply.body.resize(70'000);
    return reply;
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, DistrustsAWrongContentRange) {
  FaultServer server([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_);
    if (r.number == 0) {
      reply.announced = kSize;
      reply.body.resize(70'000);
    } else if (r.number == 1) {
      reply.headers[1] = "Content-Range: bytes 60000-299999/300000";
      reply.body = content_.substr(60'000);
    }
    return reply;
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, DistrustsAnUnaskedPart) {
  expect_whole(fetch_after([&](const FaultRequest&) {
    return FaultReply{.status = 206,
                      .headers = {"Content-Range: bytes 0-9/10"},
                      .body = content_.substr(0, 10),
                      .announced = {}};
  }));
}

TEST_F(DownloaderTest, StartsOverOn416OfAnotherSize) {
  FaultServer server([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_);
    if (r.number == 0) {
      reply.announced = kSize;
      reply.body.resize(70'000);
    } else if (r.number == 1) {
      reply = {
          .status = 416, .headers = {"Content-Range: bytes */10"}, .body = "", .announced = {}};
    }
    return reply;
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, RefusesAFlippedBit) {
  expect_nothing(fetch_after([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_);
    reply.body[12'345] = static_cast<char>(reply.body[12'345] ^ 1);
    return reply;
  }));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part"));
}

TEST_F(DownloaderTest, RefusesAnotherFileOfTheSameSize) {
  const std::string other = random_text(kSize, 3);
  FaultServer server([&](const FaultRequest& r) { return honest_reply(r, other); });
  expect_nothing(fetch(server));
}

TEST_F(DownloaderTest, SurvivesAStall) {
  expect_whole(fetch_after([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_);
    reply.announced = kSize;
    reply.body.resize(90'000);
    reply.is_stalling = true;
    return reply;
  }));
}

TEST_F(DownloaderTest, RetriesServerErrors) {
  FaultServer server([&](const FaultRequest& r) {
    if (r.number < 2)
      return FaultReply{.status = 503, .headers = {}, .body = "busy", .announced = {}};
    return honest_reply(r, content_);
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, GivesUpOnAMissingFile) {
  expect_nothing(fetch_after([](const FaultRequest&) {
    return FaultReply{.status = 404, .headers = {}, .body = "no", .announced = {}};
  }));
  EXPECT_EQ(requests_, 1);
}

TEST_F(DownloaderTest, GivesUpWithoutProgress) {
  FaultServer server([&](const FaultRequest&) {
    return FaultReply{.status = 500, .headers = {}, .body = "", .announced = {}};
  });
  expect_nothing(fetch(server));
  EXPECT_EQ(server.request_count(), 5);
}

TEST_F(DownloaderTest, FollowsARedirect) {
  expect_whole(fetch_after([](const FaultRequest&) {
    return FaultReply{.status = 302, .headers = {"Location: /other"}, .body = "", .announced = {}};
  }));
}

TEST_F(DownloaderTest, StopsAfterFiveRedirects) {
  FaultServer server([](const FaultRequest&) {
    return FaultReply{.status = 302, .headers = {"Location: /again"}, .body = "", .announced = {}};
  });
  expect_nothing(fetch(server));
  EXPECT_EQ(server.request_count(), 6);
}

TEST_F(DownloaderTest, RefusesARedirectToAPrivateAddress) {
  expect_nothing(fetch_after([](const FaultRequest&) {
    return FaultReply{
        .status = 302, .headers = {"Location: https://10.0.0.1/x"}, .body = "", .announced = {}};
  }));
}

TEST_F(DownloaderTest, RefusesPlainHttpElsewhere) {
  open();
  DownloadRecord record;
  record.file_name = record.name = "model.pth";
  record.sha256 = sha256_of(content_);
  record.target = target_;
  for (const char* url : {"http://example.org/x", "ftp://example.org/x", "file:///etc/passwd",
                          "https://192.168.1.1/x", "https://user:pw@example.org/x", "nonsense"}) {
    record.url = url;
    EXPECT_FALSE(downloader_->add(record).ok()) << url;
  }
}

TEST_F(DownloaderTest, PausesAndResumesWhereItWas) {
  std::vector<uint64_t> starts;
  FaultServer server([&](const FaultRequest& r) {
    starts.push_back(r.range_from.value_or(0));
    FaultReply reply = honest_reply(r, content_);
    if (r.number == 0) {
      reply.announced = kSize;
      reply.body.resize(90'000);
      reply.is_stalling = true;
    }
    return reply;
  });
  open();
  ASSERT_TRUE(downloader_->add(record(server)).ok());
  wait_for({"running"});
  ASSERT_TRUE(downloader_->pause("model.pth").ok());
  wait_for({"paused"});
  ASSERT_TRUE(downloader_->resume("model.pth").ok());
  expect_whole(wait_for({"done", "failed"}));
}

TEST_F(DownloaderTest, CancelLeavesNothing) {
  FaultServer server([&](const FaultRequest& r) {
    FaultReply reply = honest_reply(r, content_);
    reply.announced = kSize;
    reply.body.resize(90'000);
    reply.is_stalling = true;
    return reply;
  });
  open();
  ASSERT_TRUE(downloader_->add(record(server)).ok());
  wait_for({"running"});
  ASSERT_TRUE(downloader_->cancel("model.pth").ok());
  wait_for({"cancelled"});
  EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part"));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "records"));
}

// The bytes on the disk are other ones only between the second request and the third. Who hashed
// them then again from the beginning has another hash at the end.
TEST_F(DownloaderTest, HashesOnlyWhatIsNewAtARetry) {
  const auto write_first_byte = [&](char byte) {
    std::fstream part(dir_ / "model.pth.part", std::ios::in | std::ios::out | std::ios::binary);
    part.put(byte);
  };
  FaultServer server([&](const FaultRequest& r) {
    if (r.number == 1) write_first_byte(static_cast<char>(content_[0] ^ 1));
    if (r.number == 2) write_first_byte(content_[0]);
    FaultReply reply = honest_reply(r, content_);
    if (r.number < 2) {
      reply.announced = reply.body.size();
      reply.body.resize(50'000);
    }
    return reply;
  });
  expect_whole(fetch(server));
}

TEST_F(DownloaderTest, APartThatSomebodyCutIsHashedAgain) {
  FaultServer server([&](const FaultRequest& r) {
    if (r.number == 1) std::filesystem::resize_file(dir_ / "model.pth.part", 20'000);
    FaultReply reply = honest_reply(r, content_);
    if (r.number == 0) {
      reply.announced = reply.body.size();
      reply.body.resize(50'000);
    }
    if (r.number == 1) {
      reply = {.status = 503, .headers = {}, .body = "busy", .announced = {}};
    }
    return reply;
  });
  expect_whole(fetch(server));
}

// Two words one after the other while the server stalls: what the second is answered, and where
// the download ends up.
TEST_F(DownloaderTest, ACancelledDownloadStaysCancelledWhateverIsSaidNext) {
  using Word = Result<protocol::DownloadStatus> (Downloader::*)(const std::string&);
  const std::map<std::string, Word> words = {{"pause", &Downloader::pause},
                                             {"resume", &Downloader::resume},
                                             {"cancel", &Downloader::cancel}};
  struct Pair {
    const char *first, *second;
    bool is_taken;
    const char* end;  // "running": it goes on
  };
  const Pair pairs[] = {
      {"pause", "pause", true, "paused"},      {"pause", "resume", true, "running"},
      {"pause", "cancel", true, "cancelled"},  {"resume", "pause", true, "paused"},
      {"resume", "resume", false, "running"},  {"resume", "cancel", true, "cancelled"},
      {"cancel", "pause", false, "cancelled"}, {"cancel", "resume", false, "cancelled"},
      {"cancel", "cancel", true, "cancelled"},
  };
  for (const Pair& pair : pairs) {
    SCOPED_TRACE(std::string(pair.first) + ", " + pair.second);
    std::atomic<bool> is_honest{false};
    FaultServer server([&](const FaultRequest& r) {
      FaultReply reply = honest_reply(r, content_);
      if (is_honest) return reply;
      reply.announced = reply.body.size();
      reply.body.resize(std::min<size_t>(reply.body.size(), 90'000));
      reply.is_stalling = true;
      return reply;
    });
    open();
    ASSERT_TRUE(downloader_->add(record(server)).ok());
    wait_for({"running"});
    const bool is_first_taken = std::string_view(pair.first) != "resume";
    EXPECT_EQ((downloader_.get()->*words.at(pair.first))("model.pth").ok(), is_first_taken);
    EXPECT_EQ((downloader_.get()->*words.at(pair.second))("model.pth").ok(), pair.is_taken);
    if (std::string_view(pair.end) == "running") {
      is_honest = true;
      wait_for({"done"});
    } else {
      wait_for({pair.end});
      const bool is_kept = std::string_view(pair.end) == "paused";
      EXPECT_EQ(std::filesystem::exists(dir_ / "model.pth.part"), is_kept);
      EXPECT_EQ(std::filesystem::is_empty(dir_ / "records"), !is_kept);
    }
    downloader_.reset();
    std::filesystem::remove_all(dir_ / "records");
    std::filesystem::create_directories(dir_ / "records");
    std::filesystem::remove(target_);
    std::filesystem::remove(dir_ / "model.pth.part");
  }
}

// The last byte and the word cross on their way.
TEST_F(DownloaderTest, CancelledAtTheVeryEndLeavesNothingEither) {
  FaultServer server([&](const FaultRequest& r) {
    EXPECT_TRUE(downloader_->cancel("model.pth").ok());
    return honest_reply(r, content_);
  });
  open();
  ASSERT_TRUE(downloader_->add(record(server)).ok());
  wait_for({"cancelled", "done"});
  EXPECT_EQ(last_.state, "cancelled");
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part"));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "records"));
}

TEST_F(DownloaderTest, GoesOnAtTheNextStart) {
  std::vector<uint64_t> starts;
  FaultServer server([&](const FaultRequest& r) {
    starts.push_back(r.range_from.value_or(0));
    return honest_reply(r, content_);
  });
  std::ofstream(dir_ / "model.pth.part", std::ios::binary) << content_.substr(0, 123'456);
  DownloadRecord interrupted = record(server);
  interrupted.id = interrupted.file_name;
  interrupted.size_bytes = kSize;
  interrupted.etag = "\"v1\"";
  ASSERT_TRUE(save_record(dir_ / "records", interrupted).ok());
  open();
  expect_whole(wait_for({"done", "failed"}));
  EXPECT_EQ(starts, (std::vector<uint64_t>{123'456}));
}

// The bytes that came were right, those in the file are not.
TEST_F(DownloaderTest, AFileThatIsChangedWhileItGrowsGetsNoName) {
  during_ = [this] { std::filesystem::resize_file(dir_ / "model.pth.part", 10); };
  const FaultServer server([&](const FaultRequest& r) { return honest_reply(r, content_); });
  const auto status = fetch(server);
  EXPECT_FALSE(during_);
  EXPECT_TRUE(status.state == "failed" || read_all(target_) == content_) << status.state;
  EXPECT_EQ(std::filesystem::exists(target_), status.state == "done");
}

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

TEST_F(DownloaderTest, AHashThatTheHostStatesVerifiesTheFile) {
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

TEST_F(DownloaderTest, AStatedHashRefusesOtherBytes) {
  const HubDouble hub(content_, sha256_of("something else"));
  open();
  ASSERT_TRUE(downloader_->add(unpinned(hub.url())).ok());
  expect_nothing(wait_for({"done", "failed"}));
}

TEST_F(DownloaderTest, AFileThatNobodyCanVerifyIsNotFetched) {
  const HubDouble hub(content_, "");
  open();
  ASSERT_TRUE(downloader_->add(unpinned(hub.url())).ok());
  const auto status = wait_for({"done", "failed"});
  expect_nothing(status);
  EXPECT_NE(status.error.find("states no SHA-256"), std::string::npos) << status.error;
  EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part") &&
               std::filesystem::file_size(dir_ / "model.pth.part") > 0);
}

TEST_F(DownloaderTest, AFileOfAnotherSizeThanPublishedIsNotFetched) {
  HubDouble hub(content_, sha256_of(content_));
  open();
  DownloadRecord wanted = unpinned(hub.url());
  wanted.size_bytes = kSize + 1;
  ASSERT_TRUE(downloader_->add(wanted).ok());
  const auto status = wait_for({"done", "failed"});
  expect_nothing(status);
  EXPECT_NE(status.error.find("another file"), std::string::npos) << status.error;
}

TEST_F(DownloaderTest, AGatedFileIsSaidInWords) {
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

TEST_F(DownloaderTest, AMirrorServesWhatTheFirstHostRefuses) {
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

TEST_F(DownloaderTest, AMirrorGoesOnWhereTheFirstHostBroke) {
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

TEST_F(DownloaderTest, WhenEveryHostRefusesTheDownloadFails) {
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

TEST_F(DownloaderTest, ARecordRemembersItsHostsAndTheirWord) {
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
