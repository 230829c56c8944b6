// SPDX-License-Identifier: Apache-2.0
// The catalogue that ships with the program.
#include "core/hub/catalogue.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "core/base/file.h"
#include "core/base/sha256.h"
#include "core/hub/downloader.h"
#include "core/hub/file_name.h"
#include "core/hub/http_fetch.h"
#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::FaultReply;
using test::FaultRequest;
using test::FaultServer;

class CatalogueTest : public testing::Test {
 protected:
  protocol::Catalogue shipped() const {
    const char* source = std::getenv("GREYLAG_SOURCE");
    const auto file = path_from_utf8(source == nullptr ? "." : source) / "resources/catalogue.json";
    auto catalogue = load_catalogue(file, home_);
    EXPECT_TRUE(catalogue.ok()) << (catalogue ? "" : catalogue.error().message);
    return catalogue ? *catalogue : protocol::Catalogue();
  }
  const test::TempDir dir_;
  const Home home_{*Home::open(dir_ / "home")};
};

TEST_F(CatalogueTest, HasModelsOfEverySizeThatCanBeFetchedAndVerified) {
  const protocol::Catalogue catalogue = shipped();
  std::set<std::string> ids, names;
  int64_t last = 0, models = 0, bases = 0;
  for (const protocol::CatalogueEntry& entry : catalogue.entries) {
    EXPECT_TRUE(ids.insert(entry.id).second) << entry.id;
    EXPECT_TRUE(names.insert(entry.file_name).second) << entry.file_name;
    EXPECT_TRUE(check_file_name(entry.file_name).ok()) << entry.file_name;
    EXPECT_FALSE(entry.licence.empty()) << entry.id;
    EXPECT_TRUE(entry.sha256.empty() || entry.sha256.size() == 64) << entry.id;
    std::vector<std::string> urls = entry.mirrors;
    urls.push_back(entry.url);
    for (const std::string& url : urls) {
      EXPECT_TRUE(url.starts_with("https://") && check_download_url(url).ok()) << url;
      EXPECT_TRUE(url.ends_with("/" + entry.file_name)) << url;
    }
    if (entry.kind != "model") {
      EXPECT_FALSE(entry.sha256.empty()) << entry.id;
      continue;
    }
    ++models;
    bases += entry.file_name.ends_with(".pth") ? 1 : 0;
    EXPECT_FALSE(entry.mirrors.empty()) << entry.id;
    EXPECT_GE(entry.parameters, last) << entry.id;
    last = entry.parameters;
    protocol::DownloadRequest request;
    request.catalogue_id = entry.id;
    const auto record = plan_download(request, catalogue, home_);
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->mirrors, entry.mirrors);
    EXPECT_EQ(record->target, home_.models() / entry.file_name);
  }
  EXPECT_GE(models, 10);
  EXPECT_GE(bases, 2);
}

// Each entry from a double of its hosts, under its own path: the first host has nothing, the last
// mirror answers as the hub does.
TEST_F(CatalogueTest, EveryEntryIsFetchedAndVerified) {
  std::string content, hash;
  const FaultServer hub([&](const FaultRequest& request) {
    FaultReply reply = test::honest_reply(request, content);
    if (request.path.starts_with("/first")) {
      reply = FaultReply();
      reply.status = 404;
    } else if (request.path != "/cdn") {
      reply = FaultReply();
      reply.status = 302;
      reply.headers = {"Location: /cdn", "X-Linked-ETag: \"" + hash + "\"",
                       "X-Linked-Size: " + std::to_string(content.size())};
    }
    return reply;
  });
  const protocol::Catalogue catalogue = shipped();
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, protocol::DownloadStatus> last;
  const auto note = [&](const protocol::DownloadStatus& status) {
    const std::lock_guard lock(mutex);
    last[status.id] = status;
    changed.notify_all();
  };
  Downloader downloader(home_.downloads(), note);
  for (const protocol::CatalogueEntry& entry : catalogue.entries) {
    content = "the bytes of " + entry.id;
    Sha256 sha256;
    sha256.update(std::as_bytes(std::span(content)));
    hash = sha256.hex();
    protocol::DownloadRequest request;
    request.catalogue_id = entry.id;
    auto record = plan_download(request, catalogue, home_);
    ASSERT_TRUE(record.ok());
    const bool is_pinned = !record->sha256.empty();
    if (is_pinned) record->sha256 = hash;
    record->size_bytes = record->size_bytes == 0 ? 0 : content.size();
    record->url = hub.url("/first");
    record->mirrors = {hub.url("/owner/name/resolve/main/file")};
    const std::filesystem::path target = record->target;
    ASSERT_TRUE(downloader.add(std::move(*record)).ok()) << entry.id;
    std::unique_lock lock(mutex);
    const auto is_over = [&] {
      const std::string& state = last[entry.file_name].state;
      return state == "done" || state == "failed";
    };
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(60), is_over)) << entry.id;
    EXPECT_EQ(last[entry.file_name].state, "done") << last[entry.file_name].error;
    EXPECT_EQ(last[entry.file_name].verification, is_pinned ? "pinned" : "host");
    EXPECT_EQ(*read_text_file(target, 1024), content);
  }
}

TEST_F(CatalogueTest, KnowsWhatIsInstalled) {
  const std::string name = shipped().entries.back().file_name;
  std::ofstream(home_.models() / name) << "x";
  const protocol::Catalogue catalogue = shipped();
  EXPECT_TRUE(catalogue.entries.back().is_installed);
  EXPECT_FALSE(catalogue.entries.front().is_installed);
}

}  // namespace
}  // namespace greylag
