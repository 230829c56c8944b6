// SPDX-License-Identifier: Apache-2.0
// Which vocabulary does a model get?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ChooseTokenizer : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / "greylag_choose_tokenizer";
    fs::remove_all(root_);
    fs::create_directories(root_ / "models");
    fs::create_directories(root_ / "tokenizers");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  void write_world(const char* folder) {
    write(root_ / folder / "rwkv_vocab_v20230424.txt",
          testing_data::join_lines(testing_data::made_up_world_lines()));
  }
  Result<std::shared_ptr<const Tokenizer>> choose(int64_t vocab,
                                                  const std::optional<fs::path>& file = {}) {
    return choose_tokenizer(vocab, root_ / "models" / "m.pth", file, root_ / "tokenizers");
  }
  fs::path root_;
};

TEST_F(ChooseTokenizer, GivesBytesToAModelOf256Rows) {
  EXPECT_EQ(choose(256).value()->kind(), "byte");
}

TEST_F(ChooseTokenizer, FindsTheWorldFileBesideTheCheckpoint) {
  write_world("models");
  EXPECT_EQ(choose(65536).value()->kind(), "world");
}

TEST_F(ChooseTokenizer, FindsTheWorldFileInTheTokenizersFolder) {
  write_world("tokenizers");
  EXPECT_EQ(choose(65536).value()->kind(), "world");
}

TEST_F(ChooseTokenizer, SaysWhichFileIsMissingAndWhereItGoes) {
  const auto world = choose(65536);
  ASSERT_FALSE(world);
  EXPECT_EQ(world.error().code, ErrorCode::NotFound);
  EXPECT_THAT(world.error().message,
              AllOf(HasSubstr("rwkv_vocab_v20230424.txt"), HasSubstr("tokenizers")));
  EXPECT_THAT(choose(50304).error().message, HasSubstr("20B_tokenizer.json"));
  EXPECT_EQ(choose(1234).error().code, ErrorCode::NotFound);
}

TEST_F(ChooseTokenizer, RefusesAVocabularyLargerThanTheModel) {
  write_world("models");
  const auto chosen = choose(256, root_ / "models" / "rwkv_vocab_v20230424.txt");
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, ErrorCode::BadFile);
  EXPECT_THAT(chosen.error().message, AllOf(HasSubstr("65530"), HasSubstr("256")));
}

TEST_F(ChooseTokenizer, PrefersTheFileThatIsNamed) {
  write_world("tokenizers");
  EXPECT_EQ(choose(70000, root_ / "tokenizers" / "rwkv_vocab_v20230424.txt").value()->kind(),
            "world");
  EXPECT_EQ(choose(65536, root_ / "nowhere.txt").error().code, ErrorCode::NotFound);
}

TEST_F(ChooseTokenizer, RefusesFilesThatAreNoVocabulary) {
  for (const char* text : {"", "  \n", "hello", "{}", "{\"model\":{\"type\":\"BPE\"}}", "{{{",
                           "1 'x' 1\n", "\x80\x02}q"}) {
    write(root_ / "odd", text);
    const auto loaded = load_tokenizer(root_ / "odd");
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, ErrorCode::BadFile) << text;
    EXPECT_THAT(loaded.error().message, HasSubstr("vocabulary odd"));
  }
}

}  // namespace
}  // namespace greylag
