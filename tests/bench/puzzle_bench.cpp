// SPDX-License-Identifier: Apache-2.0
// puzzle_bench [SECONDS]: how many puzzles are made, classed and solved a second on one thread, and
// how hard are they?
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "core/puzzle/maze.h"
#include "core/puzzle/sudoku_generator.h"
#include "core/puzzle/sudoku_solver.h"
#include "core/puzzle/sudoku_symmetry.h"

namespace greylag {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Calls work(i) for about so many seconds; calls per second.
template <typename Work>
double rate(double seconds, Work work) {
  const auto start = Clock::now();
  uint64_t count = 0;
  while (since(start) < seconds) work(count++);
  return static_cast<double>(count) / since(start);
}

void measure_sudoku(int64_t size, int64_t clues, double seconds) {
  const SudokuShape shape = *sudoku_shape(size);
  std::vector<Sudoku> made;
  const double making = rate(seconds, [&](uint64_t i) {
    CounterRandom random(1, i);
    made.push_back(generate_sudoku(shape, clues, random));
  });
  double total_clues = 0;
  std::vector<int64_t> ratings;
  for (const Sudoku& sudoku : made) {
    total_clues += static_cast<double>(sudoku.clues);
    ratings.push_back(sudoku.rating);
  }
  std::sort(ratings.begin(), ratings.end());
  double total_rating = 0;
  for (const int64_t rating : ratings) total_rating += static_cast<double>(rating);
  const double classing =
      rate(seconds / 4, [&](uint64_t i) { canonical_sudoku(shape, made[i % made.size()].puzzle); });
  const double solving =
      rate(seconds / 4, [&](uint64_t i) { solve_sudoku(shape, made[i % made.size()].puzzle); });
  const auto count = static_cast<double>(made.size());
  fmt::print(
      "sudoku {}x{} clues {}: {:.0f} made/s ({} made), clues {:.2f}, guesses mean {:.2f} median {} "
      "most {}, {:.0f} classed/s, {:.0f} solved/s\n",
      size, size, clues == 0 ? "minimal" : std::to_string(clues), making, made.size(),
      total_clues / count, total_rating / count, ratings[ratings.size() / 2], ratings.back(),
      classing, solving);
}

void measure_maze(double braid, int64_t min_path, double seconds) {
  double steps = 0;
  int64_t count = 0;
  const double making = rate(seconds, [&](uint64_t i) {
    CounterRandom random(1, i);
    const auto maze = generate_maze({.min_path = min_path, .braid = braid}, random);
    if (!maze) return;
    steps += static_cast<double>(maze->steps);
    ++count;
  });
  fmt::print("maze 30x30 braid {} min_path {}: {:.0f} tried/s, {} made, steps {:.1f}\n", braid,
             min_path, making, count, steps / static_cast<double>(std::max<int64_t>(count, 1)));
}

}  // namespace
}  // namespace greylag

int main(int argc, char** argv) {
  using namespace greylag;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  for (const int64_t size : {4, 6, 9}) measure_sudoku(size, 0, seconds);
  measure_sudoku(9, 24, seconds);
  measure_sudoku(9, 30, seconds);
  for (const double braid : {0.0, 0.2, 0.5}) measure_maze(braid, -1, seconds);
  return 0;
}
