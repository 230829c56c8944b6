// SPDX-License-Identifier: Apache-2.0
// Which files of the model folder are models, and with which vocabulary?
#include "core/hub/model_library.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <stop_token>
#include <thread>

#include "core/base/home.h"
#include "core/checkpoint/writer.h"
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

}  // namespace
}  // namespace greylag
