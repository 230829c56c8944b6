// SPDX-License-Identifier: Apache-2.0
// Vocabularies as GGUF files carry them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "core/base/random.h"
#include "core/base/sha256.h"
#include "core/tokenizer/world_tokenizer.h"
#include "tests/core/tokenizer/neox_json.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Table = std::vector<std::string>;

std::shared_ptr<const Tokenizer> made_up_world() {
  static const auto tokenizer = make_world_tokenizer(
      parse_world_vocabulary(testing_data::join_lines(testing_data::made_up_world_lines()))
          .value());
  return tokenizer;
}

Table world_table() {
  static const Table table = token_table(*made_up_world(), 65536).value().tokens;
  return table;
}

Table byte_table() { return token_table(*make_byte_tokenizer(), 256).value().tokens; }

std::string message_of(const Table& table, std::string_view model = "rwkv") {
  const auto tokenizer = tokenizer_from_table(table, model);
  if (tokenizer) return "accepted as " + std::string((*tokenizer)->kind());
  EXPECT_EQ(tokenizer.error().code, ErrorCode::BadFile);
  return tokenizer.error().message;
}

// What the reader says when `entry` stands at `id` of a good table.
std::string refusal(Table table, size_t id, const std::string& entry) {
  table[id] = entry;
  return message_of(table);
}

TEST(TokenTable, HoldsTheBytesOfAByteModel) {
  const auto table = token_table(*make_byte_tokenizer(), 256);
  ASSERT_TRUE(table);
  ASSERT_EQ(table->tokens.size(), 256u);
  EXPECT_EQ(table->tokens[0], "\\x00");
  EXPECT_EQ(table->tokens[9], "\\t");
  EXPECT_EQ(table->tokens[10], "\\n");
  EXPECT_EQ(table->tokens[11], "\\x0b");
  EXPECT_EQ(table->tokens[13], "\\r");
  EXPECT_EQ(table->tokens['\''], "'");
  EXPECT_EQ(table->tokens['"'], "\"");
  EXPECT_EQ(table->tokens['\\'], "\\\\");
  EXPECT_EQ(table->tokens['a'], "a");
  EXPECT_EQ(table->tokens[127], "\\x7f");
  EXPECT_EQ(table->tokens[255], "\\xff");
  EXPECT_EQ(table->types[0], 3);
  EXPECT_EQ(std::count(table->types.begin(), table->types.end(), 1), 255);
  EXPECT_EQ(message_of(table->tokens), "accepted as byte");
}

TEST(TokenTable, HoldsAWorldVocabulary) {
  const auto table = token_table(*made_up_world(), 65536);
  ASSERT_TRUE(table);
  ASSERT_EQ(table->tokens.size(), 65536u);
  ASSERT_EQ(table->types.size(), 65536u);
  EXPECT_EQ(table->tokens[0], "<s>");
  EXPECT_EQ(table->tokens[65530], "[PAD65530]");
  EXPECT_EQ(table->tokens[65535], "[PAD65535]");
  EXPECT_EQ(table->types[0], 3);
  EXPECT_EQ(table->types[65529], 1);
  EXPECT_EQ(table->types[65530], 5);
  const auto world = tokenizer_from_table(table->tokens, "rwkv");
  ASSERT_TRUE(world) << world.error().message;
  EXPECT_EQ((*world)->kind(), "world");
  for (int32_t id = 0; id < 65536; ++id) ASSERT_EQ((*world)->bytes(id), made_up_world()->bytes(id));
}

// The digest is of the 65536 strings, a line end after each, as made by Python from the vocabulary
// file with ast.literal_eval and repr(token)[2:-1], which is how llama.cpp's converter writes them.
// So it proves the reading of the text file and the writing of the table at once.
TEST(TokenTable, IsThatOfTheConverterForThePublishedVocabulary) {
  if (!testing_data::world()) GTEST_SKIP() << "no shared World vocabulary";
  const auto table = token_table(*testing_data::world(), 65536);
  ASSERT_TRUE(table);
  Sha256 hash;
  const std::string all = testing_data::join_lines(table->tokens);
  hash.update(std::as_bytes(std::span(all)));
  EXPECT_EQ(hash.hex(), "67e30466762ef727ff9071a34cb5b654e3b193ab279e7ccb61cd299025405acf");
  const auto world = tokenizer_from_table(table->tokens, "rwkv");
  ASSERT_TRUE(world) << world.error().message;
  for (int32_t id = 0; id < 65536; ++id) {
    ASSERT_EQ((*world)->bytes(id), testing_data::world()->bytes(id));
  }
}

TEST(TokenTable, EscapesLikePythonAndReadsItBack) {
  Table entries{"it\\'s \"",  "say \"x\"",           "it's",         "\\\\x41",
                "\\xe4\\xbb", "\\n\\r\\t\\x00\\x7f", "\\x5bPAD1006]"};
  std::vector<std::string> bytes{"it's \"",  "say \"x\"", "it's",
                                 "\\x41",    "\xe4\xbb",  std::string("\n\r\t\0\x7f", 5),
                                 "[PAD1006]"};
  std::vector<std::string> lines = testing_data::made_up_world_lines();
  std::vector<std::string> tokens = parse_world_vocabulary(testing_data::join_lines(lines)).value();
  for (size_t i = 0; i < bytes.size(); ++i) tokens[999 + i] = bytes[i];
  const auto table = token_table(*make_world_tokenizer(tokens), 65536);
  ASSERT_TRUE(table);
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(table->tokens[1000 + i], entries[i]);
  const auto world = tokenizer_from_table(table->tokens, "rwkv");
  ASSERT_TRUE(world) << world.error().message;
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ((*world)->bytes(static_cast<int32_t>(1000 + i)), bytes[i]);
  }
}

TEST(TokenTable, ReadsOtherWaysToWriteTheSameBytes) {
  Table table = world_table();
  table[1000] = "\u4eca\u5929 \\'\\\"";
  table[1001] = "\\xC3\\xA9";
  const auto world = tokenizer_from_table(table, "rwkv");
  ASSERT_TRUE(world) << world.error().message;
  EXPECT_EQ((*world)->bytes(1000), "\u4eca\u5929 '\"");
  EXPECT_EQ((*world)->bytes(1001), "\u00e9");
}

TEST(TokenTable, RefusesAnotherKindOrSize) {
  EXPECT_THAT(message_of(world_table(), "gpt2"), HasSubstr("\"gpt2\""));
  EXPECT_THAT(message_of(world_table(), ""), HasSubstr("only \"rwkv\""));
  EXPECT_THAT(message_of(world_table(), std::string(1 << 20, '\n')),
              HasSubstr("??\u2026\"; only \"rwkv\""));
  for (const size_t size : {0u, 1u, 255u, 257u, 65529u, 65530u, 65535u, 65537u}) {
    Table table = world_table();
    table.resize(size, "x");
    EXPECT_THAT(message_of(table), HasSubstr("has " + std::to_string(size) + " tokens"));
  }
}

TEST(TokenTable, RefusesABadEntryByIdAndRule) {
  const auto says = [](const char* rule) { return AllOf(HasSubstr("id 400:"), HasSubstr(rule)); };
  for (const char* entry : {"x\\", "\\q", "\\x", "\\x4", "\\x4g", "\\u0041", "\\0"}) {
    EXPECT_THAT(refusal(world_table(), 400, entry), says("escape")) << entry;
  }
  EXPECT_THAT(refusal(world_table(), 400, "\xff"), says("UTF-8"));
  EXPECT_THAT(refusal(world_table(), 400, "\xe4\xbb"), says("UTF-8"));
  EXPECT_THAT(refusal(world_table(), 400, ""), says("1 to 128 bytes"));
  EXPECT_THAT(refusal(world_table(), 400, std::string(129, 'x')), says("1 to 128 bytes"));
  EXPECT_THAT(refusal(world_table(), 400, std::string(100000, 'x')), says("too long"));
  EXPECT_THAT(refusal(world_table(), 400, "\\x10"), says("the same token as id 17"));
  EXPECT_THAT(refusal(world_table(), 8, "xy"), HasSubstr("id 8: not the single byte 7"));
}

TEST(TokenTable, RefusesAWorldTableThatIsShiftedOrCut) {
  EXPECT_THAT(refusal(world_table(), 0, "\\x00"), HasSubstr("id 0: expected \"<s>\""));
  EXPECT_THAT(refusal(world_table(), 65530, "one more"), HasSubstr("expected \"[PAD65530]\""));
  EXPECT_THAT(refusal(world_table(), 65535, "[PAD65534]"), HasSubstr("expected \"[PAD65535]\""));
  Table shifted = world_table();
  shifted.erase(shifted.begin() + 1);
  shifted.push_back("[PAD65535]");
  EXPECT_THAT(message_of(shifted), HasSubstr("[PAD65530]"));
  Table cut = world_table();
  for (size_t id = 60000; id < cut.size(); ++id) cut[id] = "[PAD" + std::to_string(id) + "]";
  EXPECT_THAT(message_of(cut), HasSubstr("id 60000: padding instead of a token"));
}

TEST(TokenTable, RefusesAByteTableThatIsNotTheIdentity) {
  EXPECT_THAT(refusal(byte_table(), 0, "<s>"), HasSubstr("id 0: not the byte 0"));
  EXPECT_THAT(refusal(byte_table(), 65, "B"), HasSubstr("id 65: not the byte 65"));
  EXPECT_THAT(refusal(byte_table(), 200, "\u00c8"), HasSubstr("id 200: not the byte 200"));
  EXPECT_THAT(refusal(byte_table(), 65, ""), HasSubstr("id 65: not the byte 65"));
}

TEST(TokenTable, IsWrittenOnlyWhereTheRowsAgree) {
  const auto refused = [](const Tokenizer& tokenizer, int64_t rows) {
    const auto table = token_table(tokenizer, rows);
    if (table) return std::string("accepted");
    EXPECT_EQ(table.error().code, ErrorCode::InvalidArgument);
    return table.error().message;
  };
  const auto says = AllOf(HasSubstr("65536"), HasSubstr("256"));
  EXPECT_THAT(refused(*make_byte_tokenizer(), 65536), says);
  EXPECT_THAT(refused(*made_up_world(), 256), says);
  EXPECT_THAT(refused(*made_up_world(), 65530), HasSubstr("65530"));
  EXPECT_THAT(refused(*made_up_world(), -1), HasSubstr("-1"));
}

TEST(TokenTable, IsNotThereForNeox) {
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto file = folder / "greylag_token_table_neox.json";
  std::ofstream(file, std::ios::binary) << testing_data::small_neox_json().dump();
  const auto neox = load_tokenizer(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(neox) << neox.error().message;
  const auto table = token_table(**neox, 50304);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::NotFound);
  EXPECT_THAT(table.error().message, HasSubstr("GPT-NeoX"));
}

TEST(TokenTable, AnswersMangledTablesWithAnErrorOrATokenizer) {
  CounterRandom random(12, 0);
  for (int round = 0; round < 2000; ++round) {
    Table table = byte_table();
    std::string& entry = table[random.below(table.size())];
    entry.clear();
    for (uint64_t n = random.below(6); n > 0; --n) {
      entry += random.below(2) == 0 ? '\\' : static_cast<char>(random.below(256));
    }
    const auto tokenizer = tokenizer_from_table(table, "rwkv");
    if (!tokenizer) {
      ASSERT_FALSE(tokenizer.error().message.empty());
    }
  }
}

}  // namespace
}  // namespace greylag
