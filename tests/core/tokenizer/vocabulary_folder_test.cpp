// SPDX-License-Identifier: Apache-2.0
// Vocabularies in folders, and the one that fits a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/tokenizer/neox_json.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class VocabularyFolder : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / "greylag_vocabulary_folder";
    fs::remove_all(root_);
    for (const fs::path& folder : {hf_, tokenizers_}) fs::create_directories(root_ / folder);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& name, const std::string& text) {
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  void write_world(const fs::path& name) {
    static const std::string text = testing_data::join_lines(testing_data::made_up_world_lines());
    write(name, text);
  }
  void write_neox(const fs::path& name) { write(name, testing_data::small_neox_json().dump()); }

  std::string loaded() { return kind_or_error(load_tokenizer(root_ / hf_)); }
  // --vocab FOLDER for a model of so many rows.
  std::string named(int64_t rows) { return named(rows, hf_); }
  std::string named(int64_t rows, const fs::path& vocabulary) {
    return kind_or_error(choose_tokenizer(rows, root_ / "models" / "m.pth", root_ / vocabulary,
                                          root_ / tokenizers_));
  }
  // For the checkpoint in the folder, and the folder itself as the checkpoint.
  std::string beside(int64_t rows) {
    const std::string file = kind_or_error(choose_tokenizer(rows, root_ / hf_ / "model.safetensors",
                                                            std::nullopt, root_ / tokenizers_));
    EXPECT_EQ(file, kind_or_error(
                        choose_tokenizer(rows, root_ / hf_, std::nullopt, root_ / tokenizers_)));
    return file;
  }

  static std::string kind_or_error(const Result<std::shared_ptr<const Tokenizer>>& tokenizer) {
    if (tokenizer) return std::string((*tokenizer)->kind());
    EXPECT_NE(tokenizer.error().code, ErrorCode::Internal);
    return tokenizer.error().message;
  }

  // Nothing when there is no error.
  static std::optional<ErrorCode> code_of(const Result<std::shared_ptr<const Tokenizer>>& result) {
    return result ? std::nullopt : std::optional(result.error().code);
  }

  const fs::path hf_ = "hf", tokenizers_ = "tokenizers";
  fs::path root_;
};

TEST_F(VocabularyFolder, FindsWorldByAnyOfItsNames) {
  for (const char* name : {"rwkv_vocab_v20230424.txt", "rwkv_vocab_mine.txt", "vocab.txt"}) {
    write_world(hf_ / name);
    EXPECT_EQ(loaded(), "world") << name;
    EXPECT_EQ(named(65536), "world") << name;
    fs::remove(root_ / hf_ / name);
  }
}

TEST_F(VocabularyFolder, FindsNeoxByAnyOfItsNames) {
  for (const char* name : {"tokenizer.json", "20B_tokenizer.json"}) {
    write_neox(hf_ / name);
    EXPECT_EQ(loaded(), "neox") << name;
    EXPECT_EQ(named(50304), "neox") << name;
    fs::remove(root_ / hf_ / name);
  }
}

TEST_F(VocabularyFolder, TellsFilesApartByContent) {
  write_world(hf_ / "tokenizer.json");
  write(hf_ / "vocab.txt", "[PAD]\n[UNK]\nthe\n");  // of another kind of model
  EXPECT_EQ(loaded(), "world");
}

TEST_F(VocabularyFolder, SaysThatAFolderHoldsNone) {
  EXPECT_THAT(loaded(), AllOf(HasSubstr("holds no vocabulary"), HasSubstr("rwkv_vocab_*.txt")));
  EXPECT_THAT(named(65536), HasSubstr("holds no vocabulary"));
  EXPECT_EQ(code_of(load_tokenizer(root_ / hf_)), ErrorCode::NotFound);
  write(hf_ / "vocab.txt", "[PAD]\n[UNK]\nthe\n");
  EXPECT_THAT(loaded(), AllOf(HasSubstr("holds no vocabulary"), HasSubstr("vocab.txt is neither")));
  EXPECT_EQ(code_of(load_tokenizer(root_ / hf_)), ErrorCode::BadFile);
  EXPECT_EQ(code_of(load_tokenizer(root_ / "gone")), ErrorCode::NotFound);
}

TEST_F(VocabularyFolder, NamesTheLineOfABrokenVocabulary) {
  std::vector<std::string> lines = testing_data::made_up_world_lines();
  lines.resize(1000);
  write(hf_ / "rwkv_vocab_v20230424.txt", testing_data::join_lines(lines));
  EXPECT_THAT(loaded(), AllOf(HasSubstr("rwkv_vocab_v20230424.txt"), HasSubstr("line 1001")));
  EXPECT_THAT(named(65536), HasSubstr("line 1001"));
  fs::remove(root_ / hf_ / "rwkv_vocab_v20230424.txt");
  write(hf_ / "tokenizer.json", "{\"model\": {\"type\": \"Unigram\"}}");
  EXPECT_THAT(loaded(), AllOf(HasSubstr("tokenizer.json"), HasSubstr("model.type is not BPE")));
}

TEST_F(VocabularyFolder, TakesTheKindThatFitsTheModel) {
  write_world(hf_ / "rwkv_vocab_v20230424.txt");
  write_neox(hf_ / "tokenizer.json");
  EXPECT_EQ(named(65536), "world");
  EXPECT_EQ(named(50277), "neox");
  EXPECT_EQ(named(50304), "neox");
  EXPECT_EQ(named(1000), "neox");  // World has more tokens than that
  EXPECT_THAT(named(70000), HasSubstr("name the file to use"));
  EXPECT_THAT(loaded(), AllOf(HasSubstr("rwkv_vocab_v20230424.txt"), HasSubstr("tokenizer.json"),
                              HasSubstr("name the file to use")));
  EXPECT_EQ(code_of(load_tokenizer(root_ / hf_)), ErrorCode::InvalidArgument);
}

TEST_F(VocabularyFolder, PrefersThePublishedNameOfOneKind) {
  write_world(hf_ / "vocab.txt");
  write_world(hf_ / "rwkv_vocab_v20230424.txt");
  EXPECT_EQ(loaded(), "world");
  fs::rename(root_ / hf_ / "rwkv_vocab_v20230424.txt", root_ / hf_ / "rwkv_vocab_other.txt");
  EXPECT_THAT(loaded(), HasSubstr("several World vocabularies (rwkv_vocab_other.txt, vocab.txt)"));
}

TEST_F(VocabularyFolder, ServesTheCheckpointInsideAHuggingFaceFolder) {
  write(hf_ / "config.json", "{}");
  EXPECT_THAT(beside(65536), HasSubstr("this model needs the World vocabulary"));
  write_world(hf_ / "vocab.txt");
  EXPECT_EQ(beside(65536), "world");
  EXPECT_THAT(beside(50304), HasSubstr("this model needs the GPT-NeoX vocabulary"));
  write_neox(hf_ / "tokenizer.json");
  EXPECT_EQ(beside(65536), "world");
  EXPECT_EQ(beside(50304), "neox");
  EXPECT_EQ(beside(1000), "neox");
}

// A folder of many models: only the published names count there.
TEST_F(VocabularyFolder, LeavesOtherFilesAloneWithoutAConfig) {
  write_world(hf_ / "vocab.txt");
  write_neox(hf_ / "tokenizer.json");
  EXPECT_THAT(beside(65536), HasSubstr("this model needs the World vocabulary"));
  EXPECT_THAT(beside(50304), HasSubstr("this model needs the GPT-NeoX vocabulary"));
  write_neox(hf_ / "20B_tokenizer.json");
  EXPECT_EQ(beside(50304), "neox");
}

TEST_F(VocabularyFolder, PassesOverAFolderWithoutAVocabulary) {
  write(hf_ / "config.json", "{}");
  write(hf_ / "vocab.txt", "[PAD]\n");
  write_world(tokenizers_ / "rwkv_vocab_v20230424.txt");
  EXPECT_EQ(beside(65536), "world");
}

TEST_F(VocabularyFolder, RefusesTheOtherKindInAClearSentence) {
  write_world("world.txt");
  write_neox("neox.json");
  EXPECT_THAT(named(65536, "neox.json"),
              AllOf(HasSubstr("neox.json: this is a GPT-NeoX vocabulary of 262 tokens"),
                    HasSubstr("a model of 65536 rows needs the World vocabulary")));
  for (const int64_t rows : {50277, 50304}) {
    EXPECT_THAT(named(rows, "world.txt"),
                AllOf(HasSubstr("world.txt: this is a World vocabulary of 65530 tokens"),
                      HasSubstr("rows needs the GPT-NeoX vocabulary, 20B_tokenizer.json")));
  }
  EXPECT_THAT(named(256, "world.txt"), HasSubstr("65530 tokens, more than the 256 rows"));
  EXPECT_THAT(named(261, "neox.json"), HasSubstr("262 tokens, more than the 261 rows"));
  EXPECT_EQ(named(262, "neox.json"), "neox");
  EXPECT_EQ(code_of(choose_tokenizer(65536, root_ / "m.pth", root_ / "neox.json", root_)),
            ErrorCode::BadFile);
}

TEST_F(VocabularyFolder, RefusesThePublishedOtherKind) {
  const fs::path world = testing_data::world_file(), neox = testing_data::neox_file();
  if (world.empty() || neox.empty()) GTEST_SKIP() << "no shared vocabularies";
  EXPECT_THAT(kind_or_error(choose_tokenizer(65536, root_ / "m.pth", neox, root_)),
              HasSubstr("this is a GPT-NeoX vocabulary of 50277 tokens"));
  EXPECT_THAT(kind_or_error(choose_tokenizer(50304, root_ / "m.pth", world, root_)),
              HasSubstr("this is a World vocabulary"));
  EXPECT_EQ(kind_or_error(choose_tokenizer(65536, root_ / "m.pth", world, root_)), "world");
  EXPECT_EQ(kind_or_error(choose_tokenizer(50277, root_ / "m.pth", neox, root_)), "neox");
}

// Merges of pairs of letters up to so many tokens.
std::string neox_json_of(size_t size) {
  nlohmann::json root = testing_data::small_neox_json();
  root["added_tokens"].erase(2);
  root["added_tokens"].erase(1);
  const std::vector<std::string> letters = testing_data::neox_letters();
  auto& words = root["model"]["vocab"];
  auto& merges = root["model"]["merges"];
  size_t id = 260;
  for (const std::string& left : letters) {
    for (const std::string& right : letters) {
      if (id == size) return root.dump();
      if (words.contains(left + right)) continue;
      words[left + right] = id++;
      merges.push_back(left + " " + right);
    }
  }
  return root.dump();
}

TEST_F(VocabularyFolder, AcceptsAVocabularyThatFillsTheRows) {
  write("neox.json", neox_json_of(65500));
  EXPECT_EQ(named(65536, "neox.json"), "neox");
  EXPECT_THAT(named(65536 + 64, "neox.json"), Not(HasSubstr("this is a")));
}

class OwnTable : public VocabularyFolder {
 protected:
  static std::vector<std::string> byte_table() {
    return token_table(*make_byte_tokenizer(), 256).value().tokens;
  }
  std::vector<std::string> world_table() {
    write_world("world.txt");
    return token_table(*load_tokenizer(root_ / "world.txt").value(), 65536).value().tokens;
  }
  std::string own(int64_t rows, const std::vector<std::string>& table,
                  std::string_view model = "rwkv", const std::optional<fs::path>& file = {}) {
    return kind_or_error(
        choose_tokenizer(rows, root_ / hf_ / "m.gguf", file, root_ / tokenizers_, table, model));
  }
};

TEST_F(OwnTable, IsUsedWithoutAnyFile) {
  EXPECT_EQ(own(65536, world_table()), "world");
  EXPECT_EQ(own(256, byte_table()), "byte");
  EXPECT_THAT(own(65536, {}), HasSubstr("this model needs the World vocabulary"));
  EXPECT_EQ(own(256, {}), "byte");
}

TEST_F(OwnTable, ComesAfterANamedVocabularyAndBeforeFiles) {
  const std::vector<std::string> table = world_table();
  write_neox(tokenizers_ / "neox.json");
  EXPECT_EQ(own(65600, table, "rwkv", root_ / "world.txt"), "world");
  EXPECT_THAT(own(65536, table, "rwkv", root_ / tokenizers_ / "neox.json"),
              HasSubstr("this is a GPT-NeoX vocabulary"));
  // A broken file beside the checkpoint is not even opened.
  write(hf_ / "rwkv_vocab_v20230424.txt", "1 broken");
  EXPECT_EQ(own(65536, table), "world");
}

TEST_F(OwnTable, IsRefusedWhenItIsNotTheModels) {
  EXPECT_THAT(own(65536, byte_table()),
              AllOf(HasSubstr("inside the model file has 256 tokens"), HasSubstr("65536 rows")));
  EXPECT_THAT(own(256, world_table()), HasSubstr("has 65536 tokens"));
  EXPECT_THAT(own(65536, world_table(), "llama"),
              AllOf(HasSubstr("\"llama\""), HasSubstr("--vocab")));
  std::vector<std::string> odd = world_table();
  odd[400] = "\\q";
  EXPECT_THAT(own(65536, odd), AllOf(HasSubstr("inside the model file"), HasSubstr("id 400"),
                                     HasSubstr("name another vocabulary with --vocab")));
}

TEST_F(OwnTable, OfANeoxModelLeavesTheChoiceToTheFiles) {
  const std::vector<std::string> table(50304, "x");
  EXPECT_THAT(own(50304, table, "gpt2"), HasSubstr("this model needs the GPT-NeoX vocabulary"));
  write_neox(tokenizers_ / "20B_tokenizer.json");
  EXPECT_EQ(own(50304, table, "gpt2"), "neox");
}

}  // namespace
}  // namespace greylag
