// SPDX-License-Identifier: Apache-2.0
// Rows become tokens; a wrong one is named by line and column.
#include "core/puzzle/puzzle_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kAnswer[] = "1234341221434321";
constexpr char kQuestion[] = "1.34341221434321";

struct Outcome {
  std::vector<CsvPuzzle> puzzles;
  ErrorCode code = ErrorCode::Internal;
  std::string message = "accepted";
};

Outcome read(const std::string& text, const std::string& task = "sudoku") {
  const test::TempDir folder;
  EXPECT_TRUE(write_file_atomic(folder / "p.csv", text));
  Outcome outcome;
  const Status done =
      read_puzzle_csv(folder / "p.csv", task, [&](CsvPuzzle& puzzle, const CsvPosition&) {
        outcome.puzzles.push_back(puzzle);
        return true;
      });
  if (!done) {
    outcome.code = done.error().code;
    outcome.message = done.error().message;
  }
  return outcome;
}

std::string rows(const std::string& row) { return "source,question,answer,rating\n" + row; }
std::string row(const std::string& question, const std::string& answer) {
  return "x," + question + "," + answer + ",7\n";
}

TEST(PuzzleCsv, ReadsSudokus) {
  const auto outcome =
      read("\xEF\xBB\xBF" + rows(row(kQuestion, kAnswer) + "\r\n\"a,\"\"b\"," + kQuestion + ",\"" +
                                 kAnswer + "\",12\r\nx," + kAnswer + "," + kAnswer + ",0"));
  ASSERT_EQ(outcome.message, "accepted");
  ASSERT_EQ(outcome.puzzles.size(), 3u);
  EXPECT_EQ(outcome.puzzles[0].puzzle[1], 1);
  EXPECT_EQ(outcome.puzzles[0].answer[1], 3);
  EXPECT_EQ(outcome.puzzles[0].rating, 7);
  EXPECT_EQ(outcome.puzzles[1].rating, 12);
  EXPECT_EQ(outcome.puzzles[1].line, 4);
  EXPECT_EQ(outcome.puzzles[2].size, 4);
}

TEST(PuzzleCsv, ReadsMazesAndColumnsInAnyOrder) {
  const auto gap = read("answer,question\nSo##o## G,S ## ## G\n", "maze");
  EXPECT_THAT(gap.message, AllOf(HasSubstr("line 2"), HasSubstr("column answer")));
  const auto other = read("answer,question\nSo##o##oG,S ## ## G\n", "sudoku");
  EXPECT_THAT(other.message, AllOf(HasSubstr("line 2"), HasSubstr("column question")));
  const auto maze = read("answer,question\nSo##oo##G,S ##  ##G\n", "maze");
  ASSERT_EQ(maze.message, "accepted");
  EXPECT_EQ(maze.puzzles[0].size, 3);
  EXPECT_EQ(maze.puzzles[0].answer, (std::vector<uint8_t>{3, 5, 1, 1, 5, 5, 1, 1, 4}));
  EXPECT_EQ(maze.puzzles[0].rating, 0);
}

TEST(PuzzleCsv, NamesLineAndColumnOfWhatIsWrong) {
  const std::string good = row(kQuestion, kAnswer);
  const auto refusal = [&](const std::string& bad) {
    const auto outcome = read(rows(good + bad));
    EXPECT_EQ(outcome.puzzles.size(), 1u);
    EXPECT_EQ(outcome.code, ErrorCode::BadFile);
    EXPECT_THAT(outcome.message, HasSubstr("p.csv: line 3"));
    return outcome.message;
  };
  EXPECT_THAT(refusal(row("1.3", kAnswer)), HasSubstr("column question: the Sudoku has 3 cells"));
  EXPECT_THAT(refusal(row(kQuestion, "x")), HasSubstr("column answer: character 1"));
  EXPECT_THAT(refusal(row(kQuestion, kQuestion)), HasSubstr("column answer: it does not solve"));
  EXPECT_THAT(refusal(row("2" + std::string(15, '.'), kAnswer)), HasSubstr("does not solve"));
  EXPECT_THAT(refusal(row(kQuestion, "1234341221434312")), HasSubstr("does not solve"));
  EXPECT_THAT(refusal(row(kQuestion, std::string(36, '.'))), HasSubstr("does not solve"));
  EXPECT_THAT(refusal("x,y\n"), HasSubstr("2 columns instead of 4"));
  EXPECT_THAT(refusal("\"x,y,z,1\n"), HasSubstr("quote"));
  EXPECT_THAT(refusal("\"x\"y,a,b,1\n"), HasSubstr("quote"));
  for (const char* rating : {"", "7.5", "many", "99999999999999999999"}) {
    EXPECT_THAT(refusal(std::string("x,") + kQuestion + "," + kAnswer + "," + rating + "\n"),
                HasSubstr("column rating"));
  }
}

TEST(PuzzleCsv, RefusesOtherFiles) {
  EXPECT_THAT(read("").message, HasSubstr("empty"));
  EXPECT_THAT(read("\n\n").message, HasSubstr("empty"));
  EXPECT_THAT(read("a,b\n").message, AllOf(HasSubstr("line 1"), HasSubstr("\"question\"")));
  EXPECT_THAT(read(rows(std::string((1u << 20) + 1, 'x'))).message, HasSubstr("line 2"));
  const auto take = [](CsvPuzzle&, const CsvPosition&) { return true; };
  EXPECT_EQ(read_puzzle_csv("nowhere.csv", "sudoku", take).error().code, ErrorCode::NotFound);
}

TEST(PuzzleCsv, StopsWhenToldTo) {
  const test::TempDir folder;
  const std::string text = rows(row(kQuestion, kAnswer) + row(kQuestion, kAnswer));
  ASSERT_TRUE(write_file_atomic(folder / "p.csv", text));
  int count = 0;
  const Status done =
      read_puzzle_csv(folder / "p.csv", "sudoku", [&](CsvPuzzle&, const CsvPosition& position) {
        EXPECT_EQ(position.total_bytes, text.size());
        EXPECT_LT(position.done_bytes, text.size());
        return ++count > 1;
      });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace greylag
