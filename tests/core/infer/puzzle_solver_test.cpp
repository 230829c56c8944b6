// SPDX-License-Identifier: Apache-2.0
// Does a loaded reasoner work through its segments, stop when told, and repeat itself for a seed?
#include "core/infer/puzzle_solver.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/support/tiny_reasoner.h"

namespace greylag {
namespace {

class PuzzleSolverTest : public testing::Test {
 protected:
  PuzzleSolverTest() {
    test::write_tiny_reasoner(dir_ / "m.safetensors");
    auto solver = PuzzleSolver::load(dir_ / "m.safetensors", "cpu", 2);
    EXPECT_TRUE(solver.ok()) << solver.error().message;
    solver_ = std::move(*solver);
    auto puzzle = parse_puzzle(solver_->config(), test::kTinyPuzzle);
    EXPECT_TRUE(puzzle.ok()) << puzzle.error().message;
    puzzle_ = std::move(*puzzle);
  }
  // The grids shown, one after the other, and the q.
  std::pair<std::vector<uint8_t>, std::vector<float>> run(const SolveOptions& options) {
    std::pair<std::vector<uint8_t>, std::vector<float>> all;
    const auto solution = solver_->solve(puzzle_, options, [&](const SolveStep& step) {
      all.first.insert(all.first.end(), step.grid.begin(), step.grid.end());
      all.second.insert(all.second.end(), step.confidence.begin(), step.confidence.end());
      return true;
    });
    EXPECT_TRUE(solution.ok()) << solution.error().message;
    return all;
  }
  const test::TempDir dir_;
  std::unique_ptr<PuzzleSolver> solver_;
  Puzzle puzzle_;
};

TEST_F(PuzzleSolverTest, ShowsEverySegmentUpToTheLimit) {
  int64_t seen = 0;
  const auto solution = solver_->solve(puzzle_, {.segments = 5}, [&](const SolveStep& step) {
    EXPECT_EQ(step.segment, ++seen);
    EXPECT_EQ(step.grid.size(), 16u);
    EXPECT_EQ(step.grid[1], 3);  // given
    return true;
  });
  ASSERT_TRUE(solution.ok());
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(solution->end, SolveEnd::Segments);
  EXPECT_EQ(solution->step.segment, 5);
}

TEST_F(PuzzleSolverTest, StopsWhenTheCallerSaysSo) {
  int64_t seen = 0;
  const auto solution =
      solver_->solve(puzzle_, {.segments = 9}, [&](const SolveStep&) { return ++seen < 2; });
  ASSERT_TRUE(solution.ok());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(solution->end, SolveEnd::Cancelled);
}

TEST_F(PuzzleSolverTest, StartsEveryPuzzleAnew) {
  const SolveOptions options{.segments = 3};
  const auto first = run(options);
  EXPECT_EQ(run(options), first);
}

TEST_F(PuzzleSolverTest, NoiseFollowsTheSeedAlone) {
  const SolveOptions options{.segments = 3, .rollouts = 4, .seed = 7};
  const auto first = run(options);
  EXPECT_EQ(run(options), first);
  SolveOptions other = options;
  other.seed = 8;
  EXPECT_NE(run(other), first);
}

TEST_F(PuzzleSolverTest, RefusesOptionsOutOfRange) {
  for (const SolveOptions& options :
       {SolveOptions{.segments = 0}, SolveOptions{.segments = 129}, SolveOptions{.rollouts = 0},
        SolveOptions{.rollouts = 65}, SolveOptions{.puzzle_id = 1}}) {
    const auto solution = solver_->solve(puzzle_, options, [](const SolveStep&) { return true; });
    ASSERT_FALSE(solution.ok());
    EXPECT_EQ(solution.error().code, ErrorCode::InvalidArgument);
  }
}

TEST_F(PuzzleSolverTest, RefusesAFileThatIsNoReasoner) {
  EXPECT_FALSE(PuzzleSolver::load(dir_ / "absent.safetensors", "cpu", 1).ok());
  EXPECT_FALSE(PuzzleSolver::load(dir_ / "m.safetensors", "cuda:9", 1).ok());
}

}  // namespace
}  // namespace greylag
