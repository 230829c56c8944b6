// SPDX-License-Identifier: Apache-2.0
#include "core/data/token_row.h"

#include <gtest/gtest.h>

#include "tests/core/data/data_file.h"

namespace greylag {
namespace {

// "1 2 [3] [4]": learned tokens in brackets.
std::string stream_of(std::string_view line) {
  const auto object = parse_object(line);
  if (std::holds_alternative<Refusal>(object)) return "no token row";
  RowFields row(std::get<nlohmann::json>(object));
  if (!is_token_row(row)) return "no token row";
  const auto read = read_token_row(row, 100);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    return std::string(row_problem_name(refusal->problem)) + ": " + refusal->message;
  }
  const Sample& sample = std::get<Sample>(read);
  std::string text;
  for (size_t i = 0; i < sample.tokens.size(); ++i) {
    const std::string token = std::to_string(sample.tokens[i]);
    text += (i == 0 ? "" : " ") + (sample.learned[i] != 0 ? "[" + token + "]" : token);
  }
  return text;
}

TEST(TokenRow, ReadsLabelsThatStandOnePlaceBefore) {
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3,4],"labels":[-100,3,4,5]})"), "1 2 [3] [4] [5]");
}

TEST(TokenRow, ReadsLabelsThatStandAtTheirTokens) {
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3,4,5],"targets":[-100,-100,3,4,5]})"),
            "1 2 [3] [4] [5]");
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3],"labels":[-100,-100,3]})"), "1 2 [3]");
}

TEST(TokenRow, KeepsTheGapsBetweenAnswers) {
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3,4,5,6],"labels":[-100,3,-100,-100,6,7]})"),
            "1 2 [3] 4 5 [6] [7]");
}

// The defect of hrm_lm's own preparation (facts hrm.md 2.9 a): the encoder's ids hold the answer.
TEST(TokenRow, LeavesOutAnEncoderThatHoldsTheAnswer) {
  EXPECT_EQ(stream_of(R"({"encoder_ids":[1,2,3,4,5],"decoder_input_ids":[1,2,3,4],)"
                      R"("labels":[-100,3,4,5]})"),
            "1 2 [3] [4] [5]");
  EXPECT_EQ(stream_of(R"({"encoder_ids":[1,2,3,4,5],"decoder_input_ids":[9,1,2,3,4],)"
                      R"("labels":[-100,-100,3,4,5]})"),
            "9 1 2 [3] [4] [5]");
  EXPECT_EQ(stream_of(R"({"encoder_ids":[7,3,4,5],"decoder_input_ids":[9,3,4],"labels":[3,4,5]})"),
            "9 [3] [4] [5]");
}

TEST(TokenRow, PutsAQuestionThatOnlyTheEncoderReadInFront) {
  EXPECT_EQ(stream_of(R"({"encoder_ids":[1,2,0,0],"decoder_input_ids":[9,3,4],"labels":[3,4,5]})"),
            "1 2 9 [3] [4] [5]");
}

TEST(TokenRow, TakesTheCommonPrefixWhereLabelsFitNoToken) {
  EXPECT_EQ(stream_of(R"({"encoder_ids":[1,2,3],"decoder_input_ids":[1,2,8,8],"labels":)"
                      R"([-100,-100,5,6]})"),
            "1 2 [5] [6]");
}

TEST(TokenRow, DropsPadding) {
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3,0,0],"labels":[-100,3,0,0,0]})"), "1 2 [3] [0]");
  EXPECT_EQ(stream_of(R"({"input_ids":[1,2,3,0,0],"labels":[-100,3,-100,-100,-100]})"), "1 2 [3]");
}

TEST(TokenRow, LeavesOtherRowsToOthers) {
  for (const char* line : {R"({"text":"a"})", R"({"text":"\"input_ids\"","input_ids":[1]})",
                           R"({"messages":[],"encoder_ids":[1],"labels":[1]})", "x\"input_ids\""}) {
    EXPECT_EQ(stream_of(line), "no token row") << line;
  }
}

TEST(TokenRow, SaysWhatIsWrong) {
  const auto problem_of = [](std::string_view line) {
    const std::string refusal = stream_of(line);
    return refusal.substr(0, refusal.find(':'));
  };
  EXPECT_EQ(problem_of(R"({"input_ids":[1,2]})"), "no_known_key");
  EXPECT_EQ(problem_of(R"({"input_ids":"1 2","labels":[1]})"), "bad_tokens");
  EXPECT_EQ(problem_of(R"({"input_ids":[1,2.5],"labels":[1]})"), "bad_tokens");
  EXPECT_EQ(problem_of(R"({"input_ids":[1,100],"labels":[1]})"), "bad_tokens");
  EXPECT_EQ(problem_of(R"({"input_ids":[1,-100],"labels":[1]})"), "bad_tokens");
  EXPECT_EQ(problem_of(R"({"input_ids":[1,2],"labels":[-100,-100]})"), "empty_answer");
  EXPECT_EQ(stream_of(R"({"input_ids":[1,100],"labels":[1]})"),
            "bad_tokens: \"input_ids\" holds the token 100, which the model's vocabulary does not "
            "have: the file was made with another vocabulary");
}

// Bytes as tokens: "Hi" asks, " yo" answers.
TEST(TokenRow, IsFoundInAFileByItsKeys) {
  const DataFile file(
      "{\"encoder_ids\":[72,105],\"decoder_input_ids\":[72,105,32,121],"
      "\"labels\":[-100,32,121,111]}\n{\"text\":\"plain\"}\n");
  const auto report = check_dataset(file.path(), *make_byte_tokenizer(), {}, 10, 10);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->usable_rows, 2);
  EXPECT_EQ(report->learned_tokens, 3 + 5);  // of "plain" and its end, the first token is given
  ASSERT_EQ(report->previews.size(), 2u);
  ASSERT_EQ(report->previews[0].spans.size(), 2u);
  EXPECT_EQ(report->previews[0].spans[0].text, "Hi");
  EXPECT_EQ(report->previews[0].spans[1].text, " yo");
  EXPECT_TRUE(report->previews[0].spans[1].is_learned);
}

}  // namespace
}  // namespace greylag
