// SPDX-License-Identifier: Apache-2.0
// When does solving stop, and what does a step say? With scripted logits on a Sudoku of 4 x 4.
#include "core/infer/solve_progress.h"

#include <gtest/gtest.h>

#include <cmath>

namespace greylag {
namespace {

constexpr int64_t kVocab = 6;
using Grid = std::vector<uint8_t>;

const Grid kSolved = {2, 3, 4, 5, 4, 5, 2, 3, 3, 2, 5, 4, 5, 4, 3, 2};

PuzzleConfig config(const std::string& task = "sudoku") {
  PuzzleConfig c;
  c.task = task;
  c.rows = c.columns = 4;
  c.vocab = kVocab;
  return c;
}

// The solved grid with two cells open.
Puzzle open_puzzle(const std::string& task = "sudoku") {
  std::vector<int64_t> cells(kSolved.begin(), kSolved.end());
  cells[0] = cells[5] = 1;
  auto puzzle = puzzle_of_cells(config(task), cells);
  EXPECT_TRUE(puzzle.ok()) << puzzle.error().message;
  return *puzzle;
}

Grid with(size_t cell, uint8_t token) {
  Grid grid = kSolved;
  grid[cell] = token;
  return grid;
}

// Logits whose argmax is the grid: 2 there, else 0.
std::vector<float> logits_of(const std::vector<Grid>& grids) {
  std::vector<float> logits;
  for (const Grid& grid : grids) {
    for (const uint8_t token : grid) {
      for (int64_t v = 0; v < kVocab; ++v) logits.push_back(v == token ? 2.0f : 0.0f);
    }
  }
  return logits;
}

TEST(SolveProgress, SettlesWhenARightAnswerStays) {
  const Puzzle puzzle = open_puzzle();
  SolveProgress progress(puzzle, kVocab, 1, 16);
  const float q[] = {-1, 0};
  const SolveStep first = progress.take(logits_of({kSolved}), q);
  EXPECT_TRUE(first.is_solved);
  EXPECT_EQ(first.changed, (std::vector<size_t>{0, 5}));
  EXPECT_EQ(progress.end(), std::nullopt);  // it may have passed by chance
  const SolveStep second = progress.take(logits_of({kSolved}), q);
  EXPECT_TRUE(second.changed.empty());
  EXPECT_EQ(second.segment, 2);
  EXPECT_EQ(progress.end(), SolveEnd::Settled);
}

TEST(SolveProgress, DoesNotSettleOnAWrongAnswer) {
  const Puzzle puzzle = open_puzzle();
  SolveProgress progress(puzzle, kVocab, 1, 3);
  const float q[] = {-1, 0};
  for (int segment = 1; segment <= 2; ++segment) {
    const SolveStep step = progress.take(logits_of({with(0, 3)}), q);
    EXPECT_FALSE(step.is_solved);
    EXPECT_EQ(step.violated, (std::vector<size_t>{0, 1, 8}));
    EXPECT_EQ(progress.end(), std::nullopt);
  }
  progress.take(logits_of({with(0, 3)}), q);
  EXPECT_EQ(progress.end(), SolveEnd::Segments);
}

TEST(SolveProgress, HaltsWhenTheNetIsSureTwiceInARow) {
  const Puzzle puzzle = open_puzzle();
  SolveProgress progress(puzzle, kVocab, 1, 16);
  const auto logits = logits_of({with(0, 3)});
  const float sure[] = {0.5f, 0}, unsure[] = {-0.5f, 0};
  progress.take(logits, sure);
  EXPECT_EQ(progress.end(), std::nullopt);
  progress.take(logits, unsure);
  EXPECT_EQ(progress.end(), std::nullopt);
  progress.take(logits, sure);
  EXPECT_EQ(progress.end(), std::nullopt);
  const SolveStep step = progress.take(logits, sure);
  EXPECT_EQ(progress.end(), SolveEnd::Halted);
  EXPECT_NEAR(step.q_probability, 1.0 / (1.0 + std::exp(-0.5)), 1e-7);
}

TEST(SolveProgress, KeepsGivenCellsAndSaysWhereTheNetDisagrees) {
  const Puzzle puzzle = open_puzzle();
  SolveProgress progress(puzzle, kVocab, 1, 16);
  const float q[] = {0, 0};
  const SolveStep step = progress.take(logits_of({with(7, 1)}), q);
  EXPECT_EQ(step.overruled, (std::vector<size_t>{7}));
  EXPECT_EQ(step.grid, kSolved);
  const float expected = std::exp(2.0f) / (std::exp(2.0f) + 5.0f);
  for (const float confidence : step.confidence) EXPECT_NEAR(confidence, expected, 1e-6f);
}

TEST(SolveProgress, TakesTheCandidateThatBreaksFewestRulesThenTheSurest) {
  const Puzzle puzzle = open_puzzle();
  SolveProgress progress(puzzle, kVocab, 3, 16);
  Grid blank = with(0, 1);  // one wrong cell
  const float q[] = {9, 0, -3, 0, -2, 0};
  const SolveStep step = progress.take(logits_of({with(0, 3), blank, blank}), q);
  EXPECT_EQ(step.candidate, 2);
  EXPECT_EQ(step.q, -2);
  EXPECT_EQ(progress.end(), std::nullopt);
  progress.take(logits_of({with(0, 3), blank, kSolved}), q);
  EXPECT_EQ(progress.end(), SolveEnd::Settled);  // at once: noise may spoil it
}

TEST(SolveProgress, WithoutRulesOnlyTheNetDecides) {
  const Puzzle puzzle = open_puzzle("arc");
  SolveProgress progress(puzzle, kVocab, 2, 16);
  const float q[] = {-5, 0, -4, 0};
  const SolveStep step = progress.take(logits_of({kSolved, kSolved}), q);
  EXPECT_FALSE(step.has_rules);
  EXPECT_FALSE(step.is_solved);
  EXPECT_EQ(step.candidate, 1);
  progress.take(logits_of({kSolved, kSolved}), q);
  EXPECT_EQ(progress.end(), std::nullopt);
}

TEST(PuzzleRules, RefusesWhatIsNoPuzzleOfTheModel) {
  const auto message = [](const Result<Puzzle>& puzzle) {
    EXPECT_FALSE(puzzle.ok());
    return puzzle.ok() ? std::string() : puzzle.error().message;
  };
  EXPECT_NE(message(parse_puzzle(config(), std::string(81, '.'))).find("81 cells"),
            std::string::npos);
  EXPECT_NE(message(parse_puzzle(config(), "11..............")).find("row 1, column 1"),
            std::string::npos);
  EXPECT_FALSE(parse_puzzle(config(), "x...............").ok());
  EXPECT_NE(message(parse_puzzle(config("arc"), "1")).find("as numbers"), std::string::npos);
  EXPECT_NE(message(puzzle_of_cells(config(), std::vector<int64_t>(16, 6))).find("0 to 5"),
            std::string::npos);
  EXPECT_NE(message(puzzle_of_cells(config(), std::vector<int64_t>(15, 1))).find("15 cells"),
            std::string::npos);
}

TEST(PuzzleRules, ABlankInAnAnswerBreaksARule) {
  const Puzzle puzzle = open_puzzle();
  EXPECT_EQ(puzzle.violations(with(3, 1)), (std::vector<size_t>{3}));
  EXPECT_TRUE(puzzle.violations(kSolved).empty());
}

TEST(PuzzleRules, AMazeWantsOneUnbrokenPath) {
  const auto maze = parse_puzzle(config("maze"), "S  #\n## #\n#  #\n#G##\n");
  ASSERT_TRUE(maze.ok()) << maze.error().message;
  EXPECT_EQ(format_puzzle(config("maze"), maze->tokens), "S  #\n## #\n#  #\n#G##\n");
  Grid answer = maze->tokens;
  EXPECT_EQ(maze->violations(answer), (std::vector<size_t>{0, 13}));  // nothing leaves S and G
  for (const size_t cell : {1u, 2u, 6u, 10u, 9u}) answer[cell] = 5;
  EXPECT_TRUE(maze->violations(answer).empty());
  EXPECT_TRUE(maze->is_solution(answer));
  answer[6] = 2;
  EXPECT_EQ(maze->violations(answer), (std::vector<size_t>{2, 10}));
  EXPECT_FALSE(maze->is_solution(answer));
}

}  // namespace
}  // namespace greylag
