// SPDX-License-Identifier: Apache-2.0
// Loading training files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "core/data/dataset.h"
#include "tests/core/data/data_file.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::shared_ptr<const Tokenizer> kBytes = make_byte_tokenizer();

std::string text_rows(int count) {
  std::string rows;
  for (int i = 0; i < count; ++i) rows += "{\"text\":\"row " + std::to_string(i) + "\"}\n";
  return rows;
}

std::vector<int64_t> lines(const std::vector<Sample>& samples) {
  std::vector<int64_t> out;
  for (const Sample& sample : samples) out.push_back(sample.line);
  return out;
}

std::string refusal(std::string_view bytes, const std::string& name = "rows.jsonl") {
  const DataFile file(bytes, name);
  const auto dataset = load_dataset(file.path(), *kBytes, {});
  if (dataset) return "accepted";
  EXPECT_EQ(dataset.error().code, ErrorCode::BadFile);
  return dataset.error().message;
}

TEST(LoadDataset, EndsEachDocumentWithALearnedZero) {
  const DataFile file("{\"text\":\"ab\"}\n{\"instruction\":\"q\",\"output\":\"a\"}\n");
  DatasetOptions options;
  options.validation_share = 0;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  ASSERT_EQ(dataset->train.size(), 2u);
  EXPECT_EQ(dataset->train[0].tokens, (std::vector<int32_t>{'a', 'b', 0}));
  EXPECT_EQ(dataset->train[0].learned, (std::vector<uint8_t>{0, 1, 1}));
  const Sample& answer = dataset->train[1];
  EXPECT_EQ(answer.tokens.back(), 0);
  EXPECT_EQ(std::accumulate(answer.learned.begin(), answer.learned.end(), 0), 3);  // " a" and 0
  EXPECT_EQ(dataset->rows, 2);
  EXPECT_EQ(dataset->learned_tokens, 5);
  EXPECT_TRUE(dataset->validation.empty());
}

TEST(LoadDataset, HashesTheFileAsItIs) {
  const DataFile file("{\"text\":\"ab\"}\n");
  const auto dataset = load_dataset(file.path(), *kBytes, {});
  ASSERT_TRUE(dataset);
  // sha256sum of the 14 bytes above
  EXPECT_EQ(dataset->sha256, "7a5397f5379444725b9856f0d6988584abdacaaca424d48043805abc60c06bea");
}

TEST(LoadDataset, SplitsRowsBySeedAlone) {
  const DataFile file(text_rows(100));
  DatasetOptions options;
  options.validation_share = 0.2;
  const auto first = load_dataset(file.path(), *kBytes, options);
  const auto again = load_dataset(file.path(), *kBytes, options);
  options.seed = 2;
  const auto other = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->validation.size(), 20u);
  EXPECT_EQ(first->train.size(), 80u);
  EXPECT_EQ(lines(first->validation), lines(again->validation));
  EXPECT_EQ(lines(first->train), lines(again->train));
  EXPECT_NE(lines(first->validation), lines(other->validation));
  EXPECT_TRUE(std::is_sorted(first->train.begin(), first->train.end(),
                             [](const Sample& a, const Sample& b) { return a.line < b.line; }));
}

TEST(LoadDataset, KeepsTheWindowsOfARowOnOneSide) {
  std::string rows;
  for (char c = 'a'; c <= 'j'; ++c) rows += "{\"text\":\"" + std::string(100, c) + "\"}\n";
  const DataFile file(rows);
  DatasetOptions options;
  options.context = 16;
  options.validation_share = 0.3;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset);
  for (const Sample& a : dataset->train) {
    for (const Sample& b : dataset->validation) ASSERT_NE(a.line, b.line);
  }
  EXPECT_EQ(dataset->learned_tokens, 10 * 100);
  ASSERT_EQ(dataset->errors.size(), 10u);
  EXPECT_EQ(dataset->errors[3].problem, RowProblem::Cut);
  EXPECT_EQ(dataset->errors[3].line, 4);
  EXPECT_FALSE(dataset->errors[3].is_fatal);
}

TEST(LoadDataset, ToleratesByteOrderMarksReturnsAndBlankLines) {
  const DataFile file("\xEF\xBB\xBF{\"text\":\"a\"}\r\n\r\n  \r\n{\"text\":\"b\"}");
  DatasetOptions options;
  options.validation_share = 0;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(lines(dataset->train), (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(dataset->rows, 2);
}

TEST(LoadDataset, RefusesTheFileForABadRowAndNamesItsLine) {
  EXPECT_THAT(refusal("{\"text\":\"a\"}\n{\"text\":\n"),
              AllOf(HasSubstr("rows.jsonl, line 2"), HasSubstr("JSON")));
  EXPECT_THAT(refusal("not json\n"), HasSubstr("line 1"));
  EXPECT_THAT(refusal("{\"text\":\"a\"}\n\n{\"text\":\"\xff\"}\n", "rows"), HasSubstr("line 3"));
  EXPECT_THAT(refusal("{\"text\":\"" + std::string(17u << 20, 'a') + "\"}\n"),
              AllOf(HasSubstr("line 1"), HasSubstr("16 MiB")));
}

TEST(LoadDataset, RefusesFilesWithNothingToLearn) {
  EXPECT_THAT(refusal(""), HasSubstr("nothing"));
  EXPECT_THAT(refusal("\n \n"), HasSubstr("nothing"));
  EXPECT_THAT(refusal(" \n", "a.txt"), HasSubstr("nothing"));
  EXPECT_EQ(load_dataset("nowhere.jsonl", *kBytes, {}).error().code, ErrorCode::NotFound);
}

TEST(LoadDataset, SkipsBadRowsWhenAsked) {
  const DataFile file("{\"text\":\"a\"}\n{}\n{\"text\":\"" + std::string(17u << 20, 'a') +
                      "\"}\n{\"text\":\"b\"}\n");
  DatasetOptions options;
  options.is_skipping_bad_rows = true;
  options.validation_share = 0;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(lines(dataset->train), (std::vector<int64_t>{1, 4}));
  ASSERT_EQ(dataset->errors.size(), 2u);
  EXPECT_EQ(dataset->errors[0].problem, RowProblem::NoKnownKey);
  EXPECT_EQ(dataset->errors[1].problem, RowProblem::TooLong);
  EXPECT_EQ(dataset->errors[1].line, 3);
}

TEST(LoadDataset, CutsPlainTextIntoWindowsWithTheTailForValidation) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line " + std::to_string(100 + i) + "\r\n";  // 9 bytes kept
  const DataFile file(text, "book.txt");
  DatasetOptions options;
  options.context = 45;
  options.validation_share = 0.2;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->rows, 1);
  EXPECT_EQ(dataset->tokens, 50 * 9 + 1);
  EXPECT_EQ(dataset->learned_tokens, 50 * 9);
  EXPECT_EQ(dataset->train.size(), 8u);
  EXPECT_EQ(dataset->validation.size(), 2u);
  EXPECT_EQ(kBytes->decode(dataset->train[0].tokens).substr(0, 18), "line 100\nline 101\n");
  EXPECT_EQ(lines(dataset->train), (std::vector<int64_t>{1, 6, 11, 16, 21, 26, 31, 36}));
  EXPECT_EQ(dataset->validation.back().tokens.back(), 0);
}

TEST(LoadDataset, ReadsUnknownEndingsByContent) {
  for (const auto& [bytes, rows] : {std::pair{" {\"text\":\"a\"}\n{\"text\":\"b\"}\n", 2},
                                    std::pair{"a\n{\"text\":\"b\"}\n", 1}}) {
    const DataFile file(bytes, "file.data");
    const auto dataset = load_dataset(file.path(), *kBytes, {});
    ASSERT_TRUE(dataset) << dataset.error().message;
    EXPECT_EQ(dataset->rows, rows);
  }
  EXPECT_THAT(refusal("{\"text\":\n", "a.txt"), HasSubstr("JSON"));  // never learned as text
}

TEST(LoadDataset, CutsPlainTextIntoDocuments) {
  const DataFile file("one\n<|endoftext|>\n\ntwo<|endoftext|>three <|endoftext|>\n<|endoftext|>",
                      "a.txt");
  DatasetOptions options;
  options.validation_share = 0;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  std::vector<std::string> documents;
  for (const Sample& sample : dataset->train) {
    ASSERT_EQ(sample.tokens.back(), 0);
    documents.push_back(kBytes->decode(std::span(sample.tokens).first(sample.tokens.size() - 1)));
  }
  EXPECT_EQ(documents, (std::vector<std::string>{"one", "two", "three "}));
  EXPECT_EQ(lines(dataset->train), (std::vector<int64_t>{1, 4, 4}));
  EXPECT_EQ(dataset->rows, 3);
}

TEST(LoadDataset, EndsTheDocumentsThatATextRowJoins) {
  const DataFile file("{\"text\":\"a\\n<|endoftext|>\\nb<|endoftext|>\"}\n");
  const auto dataset = load_dataset(file.path(), *kBytes, {});
  ASSERT_TRUE(dataset) << dataset.error().message;
  ASSERT_EQ(dataset->train.size(), 1u);
  EXPECT_EQ(dataset->train[0].tokens, (std::vector<int32_t>{'a', 0, 'b', 0}));
  EXPECT_THAT(refusal("{\"text\":\"<|endoftext|>\"}\n"), HasSubstr("nothing in it"));
}

std::set<std::vector<int32_t>> tokens_of(const std::vector<Sample>& samples) {
  std::set<std::vector<int32_t>> tokens;
  for (const Sample& sample : samples) tokens.insert(sample.tokens);
  return tokens;
}

TEST(LoadDataset, KeepsDuplicatesOnOneSide) {
  std::string rows, text;
  for (int i = 0; i < 120; ++i) {
    const std::string words = "row " + std::to_string(i % 40);
    rows += "{\"text\":\"" + words + "\"}\n";
    text += words + "<|endoftext|>";
  }
  for (const auto& bytes : {rows, text}) {
    const DataFile file(bytes, "rows.data");
    for (uint64_t seed = 0; seed < 20; ++seed) {
      DatasetOptions options;
      options.seed = seed;
      options.validation_share = 0.1;
      const auto dataset = load_dataset(file.path(), *kBytes, options);
      ASSERT_TRUE(dataset) << dataset.error().message;
      EXPECT_EQ(dataset->validation.size(), 12u);
      EXPECT_EQ(dataset->train.size(), 108u);
      const auto learned = tokens_of(dataset->train);
      for (const auto& tokens : tokens_of(dataset->validation))
        ASSERT_FALSE(learned.contains(tokens));
    }
  }
}

TEST(LoadDataset, ValidatesWithTheLightestRowsWhenAllAreRepeated) {
  std::string rows;
  for (int i = 0; i < 9; ++i) rows += i < 7 ? "{\"text\":\"a\"}\n" : "{\"text\":\"b\"}\n";
  const DataFile file(rows);
  const auto dataset = load_dataset(file.path(), *kBytes, {});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(lines(dataset->validation), (std::vector<int64_t>{8, 9}));
  const DataFile alike("{\"text\":\"a\"}\n{\"text\":\"a\"}\n");
  EXPECT_TRUE(load_dataset(alike.path(), *kBytes, {})->validation.empty());
}

// Half of the text would be too much to hold back.
TEST(LoadDataset, ValidatesWithATailWhenDocumentsAreLarge) {
  const DataFile file(std::string(4000, 'a') + "<|endoftext|>" + std::string(4000, 'b'), "a.txt");
  DatasetOptions options;
  options.context = 100;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->train.size() + dataset->validation.size(), 80u);
  EXPECT_EQ(dataset->validation.size(), 4u);
  EXPECT_EQ(kBytes->bytes(dataset->validation[0].tokens[0]), "b");
}

TEST(LoadDataset, SaysWhyNothingIsUsable) {
  const DataFile file("{\"txt\":1}\n{\"txt\":2}\n");
  DatasetOptions options;
  options.is_skipping_bad_rows = true;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_FALSE(dataset);
  EXPECT_THAT(dataset.error().message,
              AllOf(HasSubstr("nothing"), HasSubstr("2 of 2 rows left out (no_known_key)"),
                    HasSubstr("the row has \"txt\"")));
}

// Longer than one piece of the scanner, with and without line ends.
TEST(LoadDataset, KeepsEveryByteOfALongText) {
  std::string text;
  for (int i = 0; text.size() < (3u << 20); ++i) text += "Zeile é " + std::to_string(i) + "\n";
  text += std::string(2u << 20, 'x') + "\nlast";
  const DataFile file(text, "long.txt");
  DatasetOptions options;
  options.context = 4096;
  options.validation_share = 0;
  const auto dataset = load_dataset(file.path(), *kBytes, options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  std::string joined;
  for (const Sample& window : dataset->train) {
    joined += kBytes->decode(std::span(window.tokens).subspan(joined.empty() ? 0 : 1));
  }
  EXPECT_TRUE(joined == text);
}

TEST(LoadDataset, RefusesAContextBelowOne) {
  const DataFile file(text_rows(3));
  DatasetOptions options;
  options.context = 0;
  EXPECT_EQ(load_dataset(file.path(), *kBytes, options).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace greylag
