// SPDX-License-Identifier: Apache-2.0
// The mask of a row covers its answers and their end marks, and nothing else.
#include <gtest/gtest.h>

#include "core/data/dataset.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

constexpr std::string_view kRow =
    R"({"messages":[{"role":"user","content":"Was?"},{"role":"assistant","content":"Das."},)"
    R"({"role":"user","content":"こ"},{"role":"assistant","content":"世界"}]})";

TEST(Tokenise, MasksExactlyTheAnswersWithTheirEndMarks) {
  for (const auto& tokenizer : {make_byte_tokenizer(), testing_data::world()}) {
    if (!tokenizer) GTEST_SKIP() << "no shared World vocabulary";
    const Sample sample = tokenise(parse_row(kRow, nullptr)->spans, *tokenizer);
    ASSERT_EQ(sample.tokens.size(), sample.learned.size());
    std::string shown;  // learned text in brackets
    for (size_t i = 0; i < sample.tokens.size(); ++i) {
      const bool was_learned = i > 0 && sample.learned[i - 1] != 0;
      const bool is_learned = sample.learned[i] != 0;
      if (is_learned != was_learned) shown += is_learned ? '[' : ']';
      shown += tokenizer->bytes(sample.tokens[i]);
    }
    EXPECT_EQ(shown, "User: Was?\n\nAssistant:[ Das.\n\n]User: こ\n\nAssistant:[ 世界\n\n");
  }
}

TEST(Tokenise, TreatsSpansThatAreEquallyLearnedAsOneText) {
  if (!testing_data::world()) GTEST_SKIP() << "no shared World vocabulary";
  const Tokenizer& world = *testing_data::world();
  const std::vector<PromptSpan> spans{
      {"Us", false}, {"er", false}, {"", true}, {" h", true}, {"i", true}};
  const Sample sample = tokenise(spans, world);
  EXPECT_EQ(sample.tokens, (std::vector<int32_t>{24281, 4571}));
  EXPECT_EQ(sample.learned, (std::vector<uint8_t>{0, 1}));
}

TEST(Tokenise, GivesNothingForNothing) {
  EXPECT_TRUE(tokenise({}, *make_byte_tokenizer()).tokens.empty());
}

}  // namespace
}  // namespace greylag
