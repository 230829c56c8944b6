// SPDX-License-Identifier: Apache-2.0
// Whatever a server does, the final name never holds wrong bytes, and what can be saved is saved.
#include <atomic>
#include <map>

#include "tests/core/hub/downloader_fixture.h"

namespace greylag {
namespace {

using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;
using test::honest_reply;
using test::kSize;
using test::random_text;
using test::read_all;
using test::sha256_of;
using DownloaderTest = test::DownloaderFixture;

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

}  // namespace
}  // namespace greylag
