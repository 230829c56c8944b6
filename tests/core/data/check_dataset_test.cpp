// SPDX-License-Identifier: Apache-2.0
// Checking training files: every problem with its line.
#include <gtest/gtest.h>

#include <thread>

#include "core/data/dataset.h"
#include "core/data/line_reader.h"
#include "tests/core/data/data_file.h"

namespace greylag {
namespace {

const std::shared_ptr<const Tokenizer> kBytes = make_byte_tokenizer();

TEST(CheckDataset, ReportsEveryProblemWithItsLine) {
  const DataFile file(
      "{\"text\":\"fine\"}\n"                                          // 1
      "{\"text\":\n"                                                   // 2
      "[]\n"                                                           // 3
      "{\"x\":1}\n"                                                    // 4
      "{\"text\":\"\xff\"}\n"                                          // 5
      "{\"instruction\":\"a\",\"output\":\"\"}\n"                      // 6
      "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}\n"  // 7
      "{\"text\":\" \"}\n"                                             // 8
      "\n"                                                             // 9
      "{\"text\": \"fine\"}\n"                                         // 10
      "{\"text\":\"" +
      std::string(600, 'a') +
      "\"}\n"  // 11
      "{\"text\":\"" +
      std::string(17u << 20, 'a') +
      "\"}\n"  // 12
      "{\"text\":" +
      std::string(40, '[') + std::string(40, ']') + "}");  // 13
  const auto report = check_dataset(file.path(), *kBytes, {}, 100, 10);
  ASSERT_TRUE(report);
  std::vector<std::pair<int64_t, std::string>> found;
  for (const DataError& error : report->errors) {
    EXPECT_FALSE(error.message.empty());
    const bool is_warning = error.line == 10 || error.line == 11;
    EXPECT_EQ(error.is_fatal, !is_warning) << error.line;
    found.emplace_back(error.line, row_problem_name(error.problem));
  }
  const std::vector<std::pair<int64_t, std::string>> expected{
      {2, "bad_json"},     {3, "not_an_object"}, {4, "no_known_key"}, {5, "bad_utf8"},
      {6, "empty_answer"}, {7, "wrong_roles"},   {8, "empty_text"},   {10, "duplicate"},
      {11, "cut"},         {12, "too_long"},     {13, "bad_json"}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(report->usable_rows, 3);
}

TEST(CheckDataset, CountsTheRowsOfEachProblemBeyondItsLimits) {
  std::string rows = "{\"text\":\"a\",\"id\":0}\n";
  for (int i = 1; i < 40; ++i) rows += "{}\n{\"text\":\"a\",\"id\":" + std::to_string(i) + "}\n";
  const DataFile file(rows);
  const auto report = check_dataset(file.path(), *kBytes, {}, 3, 0);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->errors.size(), 3u);
  ASSERT_EQ(report->problems.size(), 3u);
  EXPECT_EQ(report->problems[0].problem, RowProblem::NoKnownKey);
  EXPECT_TRUE(report->problems[0].is_fatal);
  EXPECT_EQ(report->problems[0].rows, 39);
  EXPECT_EQ(report->problems[0].first_line, 2);
  EXPECT_EQ(report->problems[1].problem, RowProblem::UnreadKey);
  EXPECT_EQ(report->problems[1].rows, 40);
  EXPECT_EQ(report->problems[1].first_message, "not known, so not read: \"id\"");
  EXPECT_EQ(report->problems[2].problem, RowProblem::Duplicate);
  EXPECT_EQ(report->problems[2].rows, 39);
  const auto told = describe_problems(report->problems, report->rows);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2], "39 of 79 rows repeated (duplicate); the first in line 3: the same as line 1");
}

TEST(CheckDataset, ReadsListsAndTablesAsRows) {
  const std::pair<const char*, const char*> files[] = {
      {"json", "[\n {\"question\": \"q\",\n  \"answer\": \"a\\n\\nb\"},\n {\"x\": 1}\n]\n"},
      {"table", "question;answer;id\n\nq;\"a\n\nb\";1\nq;a\n"}};
  for (const auto& [kind, bytes] : files) {
    const DataFile file(bytes, "rows.txt");
    const auto report = check_dataset(file.path(), *kBytes, {}, 9, 9);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->kind, kind);
    EXPECT_EQ(report->rows, 2);
    EXPECT_EQ(report->usable_rows, 1);
    ASSERT_EQ(report->previews.size(), 1u);
    EXPECT_EQ(report->previews[0].spans[0].text, "User: q\n\nAssistant:");
    EXPECT_EQ(report->previews[0].spans[1].text, " a\n\nb\n\n");
    ASSERT_FALSE(report->errors.empty());
    EXPECT_TRUE(report->errors.back().is_fatal);
    EXPECT_EQ(report->errors.back().line, kind == std::string("json") ? 4 : 6);
  }
}

TEST(CheckDataset, RefusesOtherKindsOfFilesByName) {
  const DataFile file("%PDF-1.7\n", "book.txt");
  const auto report = check_dataset(file.path(), *kBytes, {}, 9, 9);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::BadFile);
  EXPECT_EQ(report.error().message,
            "book.txt: this is a PDF document, which cannot be learned from; save what it says as "
            "plain text (UTF-8)");
}

TEST(CheckDataset, RefusesANulInALaterPartOfAText) {
  std::string text(1u << 19, 'a');
  text += std::string("\nb\0c\n", 5);
  const DataFile file(text, "a.txt");
  const auto report = check_dataset(file.path(), *kBytes, {}, 9, 0);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->errors.size(), 1u);
  EXPECT_EQ(report->errors[0].problem, RowProblem::NotText);
  EXPECT_EQ(report->errors[0].line, 2);
}

TEST(CheckDataset, StopsCollectingAtTheLimits) {
  std::string rows;
  for (int i = 0; i < 50; ++i) rows += "{}\n{\"text\":\"" + std::to_string(i) + "\"}\n";
  const DataFile file(rows);
  const auto report = check_dataset(file.path(), *kBytes, {}, 7, 3);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->errors.size(), 7u);
  ASSERT_EQ(report->previews.size(), 3u);
  EXPECT_EQ(report->previews[2].line, 6);
  EXPECT_EQ(report->previews[2].spans[0].text, "2");
  EXPECT_EQ(report->rows, 100);
  EXPECT_EQ(report->usable_rows, 50);
}

TEST(CheckDataset, CountsLengthsInDoublingBuckets) {
  std::string rows;
  for (const size_t tokens : {2u, 31u, 32u, 63u, 64u, 127u, 128u}) {
    rows += "{\"text\":\"" + std::string(tokens - 1, 'a') + "\"}\n";
  }
  const DataFile file(rows);
  const auto report = check_dataset(file.path(), *kBytes, {}, 9, 0);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, "jsonl");
  EXPECT_EQ(report->histogram, (std::vector<int64_t>{2, 2, 2, 1}));
  EXPECT_EQ(report->longest, 128);
  EXPECT_TRUE(report->previews.empty());
}

TEST(CheckDataset, CountsAsLoadingDoes) {
  std::string rows = "{\"instruction\":\"q\",\"output\":\"a\"}\n";
  rows += "{\"text\":\"" + std::string(1000, 'a') + "\"}\n";
  for (const bool is_text : {false, true}) {
    const DataFile file(is_text ? "A text.\n\nIt says:\n" + rows + "<|endoftext|>\nb\n" : rows,
                        "rows.data");
    DatasetOptions options;
    options.context = 100;
    const auto report = check_dataset(file.path(), *kBytes, options, 9, 9);
    const auto dataset = load_dataset(file.path(), *kBytes, options);
    ASSERT_TRUE(report && dataset);
    EXPECT_EQ(report->tokens, dataset->tokens);
    EXPECT_EQ(report->learned_tokens, dataset->learned_tokens);
    EXPECT_EQ(report->rows, dataset->rows);
  }
}

TEST(CheckDataset, ShowsPlainTextInWholeCharacters) {
  const DataFile file("éééééééé\nzweite\n", "a.txt");
  DatasetOptions options;
  options.context = 4;
  const auto report = check_dataset(file.path(), *kBytes, options, 9, 1);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, "text");
  ASSERT_EQ(report->previews.size(), 1u);
  EXPECT_EQ(report->previews[0].spans[0].text, "éé\uFFFD");
  EXPECT_TRUE(report->previews[0].spans[0].is_learned);
}

TEST(CheckDataset, EndsWhenItIsStopped) {
  const DataFile file("{\"text\":\"fine\"}\n");
  std::stop_source stop;
  stop.request_stop();
  const auto report = check_dataset(file.path(), *kBytes, {}, 9, 0, stop.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
}

// A hole without a line end would be read for hours.
TEST(LineReader, EndsInTheMiddleOfALineWhenItIsStopped) {
  const DataFile file("");
  std::filesystem::resize_file(file.path(), uint64_t{1} << 42);
  std::stop_source stop;
  auto blocks = BlockReader::open(file.path(), stop.get_token());
  ASSERT_TRUE(blocks);
  LineReader reader(*blocks);
  const std::jthread stopper([&] { stop.request_stop(); });
  std::string line;
  while (reader.next(line)) continue;
  EXPECT_FALSE(blocks->has_failed());
}

// So would an entry of a list or a field of a table that never closes.
TEST(CheckDataset, EndsInTheMiddleOfARowWhenItIsStopped) {
  for (const char* begin : {"[{\"text\":\"", "text,id\n\"a"}) {
    const DataFile file(begin, "rows.csv");
    std::ofstream(file.path(), std::ios::app) << std::string(BlockReader::kBlock, 'a');
    std::filesystem::resize_file(file.path(), uint64_t{1} << 42);
    std::stop_source stop;
    const std::jthread stopper([&] { stop.request_stop(); });
    const auto report = check_dataset(file.path(), *kBytes, {}, 9, 0, stop.get_token());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
  }
}

TEST(CheckDataset, RefusesWhatIsNoFile) {
  const auto report = check_dataset(std::filesystem::temp_directory_path(), *kBytes, {}, 9, 0);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::InvalidArgument);
}

TEST(CheckDataset, ReportsBadBytesOfPlainTextByLine) {
  const DataFile file("one\ntwo\nthr\xff\n", "a.txt");
  const auto report = check_dataset(file.path(), *kBytes, {}, 9, 0);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->errors.size(), 1u);
  EXPECT_EQ(report->errors[0].line, 3);
  EXPECT_EQ(report->errors[0].problem, RowProblem::BadUtf8);
}

}  // namespace
}  // namespace greylag
