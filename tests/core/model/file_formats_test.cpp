// SPDX-License-Identifier: Apache-2.0
// Does a model written as GGUF compute the same, and is an old one in a file of rwkv.cpp named?
#include <gtest/gtest.h>

#include "core/checkpoint/writer.h"
#include "core/model/config.h"
#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/raw_rwkv_cpp.h"
#include "tests/core/model/loaded_model.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::LoadedModel;

TEST(FileFormats, GgufGivesTheSameBitsAsSafetensors) {
  const test::TempDir dir;
  const auto tensors = test::make_tiny_tensors({.layers = 3, .width = 128, .seed = 9});
  ASSERT_TRUE(test::write_tensors(dir / "a.safetensors", tensors).ok());
  const auto reader = open_checkpoint(dir / "a.safetensors");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) {
    return (*reader)->read(info, out);
  };
  ASSERT_TRUE(write_gguf(dir / "a.gguf", (*reader)->tensors(), {}, source).ok());
  LoadedModel a(dir / "a.safetensors"), b(dir / "a.gguf");
  const std::vector<int32_t> some = test::some_tokens(9, 3);
  EXPECT_EQ(a.run(a.take(), some, 9).logits, b.run(b.take(), some, 9).logits);
}

TEST(FileFormats, NamesModelsBeforeRwkv7InRwkvCpp) {
  const std::pair<std::string, std::vector<std::string>> models[] = {
      {"RWKV-4", {"blocks.0.att.time_mix_k", "blocks.0.att.time_decay"}},
      {"RWKV-5", {"blocks.0.att.time_mix_k", "blocks.0.att.time_decay", "blocks.0.att.ln_x.bias"}},
      {"RWKV-6", {"blocks.0.att.time_maa_k", "blocks.0.att.time_decay", "blocks.0.att.ln_x.bias"}},
  };
  const test::TempDir dir;
  for (const auto& [kind, names] : models) {
    test::RawRwkvCpp file;
    for (const std::string& name : names) {
      file.tensors.push_back({name, {64}, 0, std::string(256, '\0'), {}, {}});
    }
    test::write_bytes(dir / "old.bin", test::rwkv_cpp_bytes(file));
    const auto reader = open_checkpoint(dir / "old.bin");
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ(read_config(**reader).error().message,
              "this is an " + kind + " checkpoint; Greylag runs RWKV-7");
  }
}

}  // namespace
}  // namespace greylag
