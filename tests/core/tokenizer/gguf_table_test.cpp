// SPDX-License-Identifier: Apache-2.0
// Does a GGUF file serve as a vocabulary, its own and another model's?
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "core/checkpoint/writer.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/core/tokenizer/vocabularies.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

// A tiny model of `rows` rows with the tokenizer's table, or none.
void write_model(const std::filesystem::path& path, int64_t rows, const Tokenizer* tokenizer) {
  const auto tensors = test::make_tiny_tensors({.layers = 1, .vocab = rows});
  std::vector<TensorInfo> infos;
  for (const test::TinyTensor& tensor : tensors) infos.push_back(tensor.info);
  GgufVocabulary vocabulary;
  if (tokenizer != nullptr) {
    vocabulary = token_table(*tokenizer, rows).value();
  }
  const Status written =
      write_gguf(path, infos, vocabulary,
                 [](const TensorInfo&, std::span<std::byte>) -> Status { return {}; });
  ASSERT_TRUE(written.ok()) << written.error().message;
}

TEST(GgufVocabulary, ModelBringsItsOwnWorldVocabularyAndLendsIt) {
  const auto file = testing_data::world_file();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no World vocabulary (GREYLAG_SHARED)";
  const test::TempDir dir;
  const auto world = load_tokenizer(file).value();
  write_model(dir / "m.gguf", 65536, world.get());
  const std::string text = "Hello, world! こんにちは、世界！ <s> \x01\xff";
  const auto own = choose_tokenizer(65536, dir / "m.gguf", std::nullopt, dir / "none");
  ASSERT_TRUE(own.ok()) << own.error().message;
  EXPECT_EQ((*own)->encode(text), world->encode(text));
  const auto lent = choose_tokenizer(65536, dir / "other.pth", dir / "m.gguf", dir / "none");
  ASSERT_TRUE(lent.ok()) << lent.error().message;
  EXPECT_EQ((*lent)->encode(text), world->encode(text));
}

TEST(GgufVocabulary, ModelWithoutOneIsLookedAfterAsAnyOther) {
  const test::TempDir dir;
  write_model(dir / "bytes.gguf", 256, nullptr);
  EXPECT_EQ(choose_tokenizer(256, dir / "bytes.gguf", std::nullopt, dir / "none").value()->kind(),
            "byte");
  write_model(dir / "world.gguf", 65536, nullptr);
  const auto missing = choose_tokenizer(65536, dir / "world.gguf", std::nullopt, dir / "none");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_FALSE(load_tokenizer(dir / "world.gguf").ok());
}

}  // namespace
}  // namespace greylag
