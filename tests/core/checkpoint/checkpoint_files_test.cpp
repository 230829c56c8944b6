// SPDX-License-Identifier: Apache-2.0
// Does a model in several files, or in a folder of its own, open as one, and can an index reach
// nothing but its own folder?
#include "core/checkpoint/checkpoint_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/sha256.h"
#include "core/checkpoint/reader.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class CheckpointFilesTest : public testing::Test {
 protected:
  // The tiny model in `count` files, tensors dealt out in turn.
  void write_shards(size_t count, const std::string& prefix = "") {
    const auto tensors = test::make_tiny_tensors({.layers = 2});
    std::vector<std::vector<test::TinyTensor>> shards(count);
    for (size_t i = 0; i < tensors.size(); ++i) {
      test::TinyTensor tensor = tensors[i];
      tensor.info.name = prefix + tensor.info.name;
      map_[tensor.info.name] = shard(i % count);
      shards[i % count].push_back(std::move(tensor));
    }
    for (size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(test::write_tensors(dir_ / shard(i), shards[i]).ok());
    }
    write_index();
  }
  static std::string shard(size_t i) {
    return "model-0000" + std::to_string(i + 1) + "-of-00003.safetensors";
  }
  void write_index() {
    const nlohmann::json index{{"metadata", {{"total_size", 1}}}, {"weight_map", map_}};
    ASSERT_TRUE(write_file_atomic(index_, index.dump()).ok());
  }
  std::string refusal(const fs::path& path) {
    const auto reader = open_checkpoint(path);
    return reader ? "accepted" : reader.error().message;
  }
  test::TempDir dir_;
  const fs::path index_ = dir_ / "model.safetensors.index.json";
  std::map<std::string, std::string> map_;
};

TEST_F(CheckpointFilesTest, AnIndexAndItsFolderOpenAsOneModel) {
  write_shards(3, "module._orig_mod.");
  const test::TempDir whole;
  ASSERT_TRUE(test::write_tiny_checkpoint(whole / "w.safetensors", {.layers = 2}).ok());
  const auto one = open_checkpoint(whole / "w.safetensors").value();
  for (const fs::path& path : {index_, dir_.path()}) {
    const auto reader = open_checkpoint(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    ASSERT_EQ((*reader)->tensors().size(), one->tensors().size());
    for (const TensorInfo& info : one->tensors()) {
      const auto got = (*reader)->read_f32(info.name);
      ASSERT_TRUE(got.ok()) << got.error().message;
      EXPECT_EQ(*got, *one->read_f32(info.name)) << info.name;
    }
    EXPECT_TRUE((*reader)->verify().ok());
  }
}

TEST_F(CheckpointFilesTest, TheHashIsThatOfTheFilesInOrder) {
  write_shards(3);
  Sha256 all;
  uint64_t bytes = 0;
  for (size_t i = 0; i < 3; ++i) {
    const auto text = read_text_file(dir_ / shard(i), 1 << 30).value();
    all.update(std::as_bytes(std::span(text)));
    bytes += text.size();
  }
  EXPECT_EQ(checkpoint_sha256(dir_.path()).value(), all.hex());
  EXPECT_EQ(checkpoint_size_bytes(index_), bytes);
  EXPECT_EQ(checkpoint_sha256(dir_ / shard(1)).value(), sha256_file(dir_ / shard(1)).value());
  EXPECT_EQ(checkpoint_sha256(index_, [](uint64_t, uint64_t) { return false; }).error().code,
            ErrorCode::Cancelled);
}

TEST_F(CheckpointFilesTest, AnIndexThatDoesNotFitItsFilesIsRefused) {
  write_shards(3);
  const auto good = map_;
  map_["blocks.9.att.key.weight"] = shard(0);
  write_index();
  EXPECT_THAT(refusal(index_), HasSubstr("blocks.9.att.key.weight: by the index"));
  map_ = good;
  map_["emb.weight"] = shard(map_["emb.weight"] == shard(0) ? 1 : 0);
  write_index();
  EXPECT_THAT(refusal(index_), HasSubstr("emb.weight: by the index"));
  map_ = good;
  write_index();
  fs::copy_file(dir_ / shard(0), dir_ / shard(1), fs::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(index_), HasSubstr("by the index"));
  for (auto& [tensor, file] : map_) file = shard(0);
  const auto first = open_checkpoint(dir_ / shard(0)).value();
  std::erase_if(map_, [&](const auto& item) { return first->find(item.first) == nullptr; });
  map_.begin()->second = shard(1);  // both hold it
  write_index();
  EXPECT_THAT(refusal(index_), HasSubstr("two files of the model hold it"));
  fs::remove(dir_ / shard(1));
  EXPECT_THAT(refusal(index_), HasSubstr("model-00002-of-00003.safetensors is missing"));
  std::ofstream(dir_ / shard(1)) << "text";
  EXPECT_THAT(refusal(index_), HasSubstr("model-00002-of-00003.safetensors: "));
}

TEST_F(CheckpointFilesTest, AnIndexReachesNothingOutsideItsFolder) {
  fs::create_directory(dir_ / "sub");
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "other.safetensors").ok());
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "sub" / "other.safetensors").ok());
  for (const char* name : {"../other.safetensors", "sub/other.safetensors", "/etc/passwd", "..", "",
                           ".hidden", "C:\\x.safetensors", "a\\b"}) {
    const nlohmann::json index{{"weight_map", {{"emb.weight", name}}}};
    const auto files = parse_checkpoint_index(index.dump(), dir_ / "sub");
    ASSERT_FALSE(files.ok()) << name;
    EXPECT_EQ(files.error().code, ErrorCode::BadFile);
    EXPECT_THAT(files.error().message, HasSubstr("it names no file of this folder")) << name;
  }
  for (const char* text : {"", "[]", "{}", R"({"weight_map": {}})", R"({"weight_map": []})",
                           R"({"weight_map": {"emb.weight": 7}})"}) {
    EXPECT_EQ(parse_checkpoint_index(text, dir_.path()).error().code, ErrorCode::BadFile) << text;
  }
  std::ofstream(index_) << std::string(9 << 20, ' ');
  EXPECT_EQ(open_checkpoint(index_).error().code, ErrorCode::TooLarge);
}

TEST_F(CheckpointFilesTest, AFolderIsItsModelOrItsOnlyFile) {
  EXPECT_THAT(refusal(dir_.path()), HasSubstr("a folder without a model"));
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "only.pth").ok());
  EXPECT_EQ(refusal(dir_.path()), "accepted");
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "second.pth").ok());
  EXPECT_THAT(refusal(dir_.path()), HasSubstr("a folder with several model files"));
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "model.safetensors").ok());
  EXPECT_EQ(open_checkpoint(dir_.path()).value()->format(), "safetensors");
}

}  // namespace
}  // namespace greylag
