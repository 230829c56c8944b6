// SPDX-License-Identifier: Apache-2.0
// Which files of the model folder are models, and with which vocabulary?
#include "core/hub/model_library.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <future>
#include <stop_token>
#include <thread>

#include "core/base/home.h"
#include "core/base/sha256.h"
#include "core/checkpoint/writer.h"
#include "core/runs/run_folder.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

TEST(ModelLibrary, ListsGgufModelsWithTheirOwnVocabulary) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  const auto tensors = test::make_tiny_tensors({.layers = 1});
  std::vector<TensorInfo> infos;
  for (const test::TinyTensor& tensor : tensors) infos.push_back(tensor.info);
  const Status written = write_gguf(
      home.models() / "own.gguf", infos, token_table(*make_byte_tokenizer(), 256).value(),
      [](const TensorInfo&, std::span<std::byte>) -> Status { return {}; });
  ASSERT_TRUE(written.ok()) << written.error().message;
  ModelLibrary library(home, {}, std::nullopt);
  const Result<ModelEntry> entry = library.find("own");
  ASSERT_TRUE(entry.ok()) << entry.error().message;
  EXPECT_EQ(entry->status.format, "gguf");
  EXPECT_EQ(entry->status.vocabulary, "byte");
  EXPECT_EQ(entry->status.problem, "");
}

// The file is a hole of 4 TiB: nobody who is not stopped gets an answer here.
TEST(ModelLibrary, OneHashesAFileAndEachThatWaitsForItCanBeStopped) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  const auto path = home.models() / "endless.pth";
  std::ofstream(path) << "";
  std::filesystem::resize_file(path, uint64_t{1} << 42);
  ModelLibrary library(home, {}, std::nullopt);
  std::stop_source first_stop, second_stop;
  auto first =
      std::async(std::launch::async, [&] { return library.sha256(path, first_stop.get_token()); });
  second_stop.request_stop();
  for (int i = 0; i < 100; ++i) {  // before the first has begun, and while it is at work
    EXPECT_EQ(library.sha256(path, second_stop.get_token()).error().code, ErrorCode::Cancelled);
    std::this_thread::yield();
  }
  first_stop.request_stop();
  EXPECT_EQ(first.get().error().code, ErrorCode::Cancelled);
}

void write_run(const Home& home, const std::string& name, const std::string& method) {
  protocol::RunConfig config;
  config.method = method;
  auto run = RunFolder::create(home.runs() / name, config).value();
  const char* file = method == "full" ? "model.safetensors" : "adapter.safetensors";
  const Status saved = run.save_checkpoint(5, 1, {}, [&](const std::filesystem::path& to) {
    return test::write_tiny_checkpoint(to / file, {.layers = 1});
  });
  ASSERT_TRUE(saved.ok()) << saved.error().message;
}

// What find says is what it would say if it had read everything anew.
TEST(ModelLibrary, FindKnowsWhatCameWentAndChanged) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  ModelLibrary library(home, {}, std::nullopt);
  EXPECT_EQ(library.find("a").error().code, ErrorCode::NotFound);
  const auto path = home.models() / "a.safetensors";
  ASSERT_TRUE(test::write_tiny_checkpoint(path, {.layers = 1}).ok());
  EXPECT_EQ(library.find("a")->status.layers, 1);
  ASSERT_TRUE(test::write_tiny_checkpoint(path, {.layers = 2}).ok());
  EXPECT_EQ(library.find("a")->status.layers, 2);
  std::ofstream(path) << "text";
  EXPECT_NE(library.find("a")->status.problem, "");
  ASSERT_TRUE(test::write_tiny_checkpoint(path, {.layers = 2}).ok());
  EXPECT_EQ(library.find("a")->status.problem, "");
  EXPECT_EQ(library.first_usable()->status.id, "a");
  std::filesystem::remove(path);
  EXPECT_EQ(library.find("a").error().code, ErrorCode::NotFound);
  write_run(home, "first", "full");
  EXPECT_TRUE(library.find("first@5").ok());
  std::filesystem::remove_all(home.runs() / "first");
  EXPECT_EQ(library.find("first@5").error().code, ErrorCode::NotFound);
}

TEST(ModelLibrary, DeletingAModelInAFolderDeletesTheModelAlone) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  ModelLibrary library(home, {}, std::nullopt);
  for (const char* name : {"bare", "notes"}) {
    const auto file = home.models() / name / "model.safetensors";
    std::filesystem::create_directory(file.parent_path());
    ASSERT_TRUE(test::write_tiny_checkpoint(file, {.layers = 1}).ok());
  }
  const auto diary = home.models() / "notes" / "diary.txt";
  std::ofstream(diary) << "mine";
  for (const char* name : {"bare", "notes"}) {
    const auto freed = library.remove(name);
    ASSERT_TRUE(freed.ok()) << freed.error().message;
    EXPECT_GT(*freed, 1000u);
    EXPECT_EQ(library.find(name).error().code, ErrorCode::NotFound);
  }
  EXPECT_TRUE(std::filesystem::exists(diary));
  EXPECT_FALSE(std::filesystem::exists(home.models() / "bare"));
  std::ofstream(home.models() / "broken.safetensors.index.json") << "{}";
  for (const ModelEntry& entry : library.list()) {
    EXPECT_EQ(library.remove(entry.status.id).ok(), entry.status.is_deletable);
  }
  EXPECT_FALSE(std::filesystem::exists(home.models() / "broken.safetensors.index.json"));
}

TEST(ModelLibrary, WhoeverWatchesHearsOfChangesAlone) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  ModelLibrary library(home, {}, std::nullopt);
  EXPECT_FALSE(library.look_for_changes());  // the first look
  EXPECT_FALSE(library.look_for_changes());
  ASSERT_TRUE(test::write_tiny_checkpoint(home.models() / "a.safetensors", {.layers = 1}).ok());
  EXPECT_TRUE(library.find("a").ok());  // who else looked hides nothing
  EXPECT_TRUE(library.look_for_changes());
  EXPECT_FALSE(library.look_for_changes());
}

TEST(ModelLibrary, AHashIsKeptOverARestartUntilTheFileChanges) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  const auto path = home.models() / "a.safetensors";
  const auto write = [&](uint64_t seed, int hours_ago) {
    EXPECT_TRUE(test::write_tiny_checkpoint(path, {.layers = 1, .seed = seed}).ok());
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours_ago));
  };
  std::stop_source stopped;  // a hash that must be made is not made
  stopped.request_stop();
  write(1, 3);
  const auto first = ModelLibrary(home, {}, std::nullopt).sha256(path);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, sha256_file(path).value());
  EXPECT_EQ(ModelLibrary(home, {}, std::nullopt).sha256(path, stopped.get_token()).value(), *first);
  write(2, 2);
  EXPECT_EQ(ModelLibrary(home, {}, std::nullopt).sha256(path, stopped.get_token()).error().code,
            ErrorCode::Cancelled);
  EXPECT_EQ(ModelLibrary(home, {}, std::nullopt).sha256(path).value(), sha256_file(path).value());
  write(3, 0);  // so fresh that it may change within the same tick
  EXPECT_TRUE(ModelLibrary(home, {}, std::nullopt).sha256(path).ok());
  EXPECT_FALSE(ModelLibrary(home, {}, std::nullopt).sha256(path, stopped.get_token()).ok());
  for (const char* text : {"", "[]", "{\"x\": 7}", "{\"x\": {\"size_bytes\": -1}}", "{"}) {
    std::ofstream(home.root / "hashes.json") << text;
    EXPECT_TRUE(ModelLibrary(home, {}, std::nullopt).sha256(path).ok()) << text;
  }
}

TEST(ModelLibrary, OtherFilesInTheFolderAreNotListed) {
  const test::TempDir dir;
  const Home home = Home::open(dir.path()).value();
  for (const char* name : {"README.md", "notes", "vocab.json", ".hidden.pth"}) {
    std::ofstream(home.models() / name) << "text";
  }
  std::ofstream(home.models() / "broken.ST") << "text";
  std::filesystem::create_directory(home.models() / "empty");
  ModelLibrary library(home, {}, std::nullopt);
  std::vector<std::string> ids;
  for (const ModelEntry& entry : library.list()) {
    if (!entry.status.is_builtin) ids.push_back(entry.status.id);
  }
  EXPECT_EQ(ids, std::vector<std::string>{"broken"});  // with the reason
}

}  // namespace
}  // namespace greylag
