// SPDX-License-Identifier: Apache-2.0
// What is a maze, and what solves it? A square map with a start, a goal and walls; steps go up,
// down, left and right; the answer is the map with a shortest path drawn. Tokens (facts hrm.md
// 1.8): 0 pad, 1 '#' wall, 2 ' ' free, 3 'S', 4 'G', 5 'o' on the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/result.h"

namespace greylag {

enum MazeToken : uint8_t { kMazePad, kMazeWall, kMazeFree, kMazeStart, kMazeGoal, kMazePath };
constexpr int64_t kMazeVocab = 6;

struct MazeGrid {
  size_t size = 0;              // rows and columns
  std::vector<uint8_t> tokens;  // [size * size]
};

// Line ends are skipped; the rest must be a square of the five characters. InvalidArgument says
// what was wrong and where.
Result<MazeGrid> parse_maze(std::string_view text);
// One row a line; '?' for padding.
std::string format_maze(size_t size, std::span<const uint8_t> tokens);

struct MazePath {
  std::vector<size_t> cells;  // from start to goal, both included; empty: there is none
  bool is_unique = false;     // no other path is as short

  int64_t steps() const { return cells.empty() ? 0 : static_cast<int64_t>(cells.size()) - 1; }
};

// A shortest path by breadth-first search. Anything but exactly one start and one goal: none.
MazePath shortest_path(size_t size, std::span<const uint8_t> map);
// The map with the cells between start and goal marked.
std::vector<uint8_t> draw_path(std::span<const uint8_t> map, const MazePath& path);
// Whether `answer` is `map` but for marks that are one path from start to goal without side arms;
// is_maze_solution asks for a shortest one too.
bool is_maze_path(size_t size, std::span<const uint8_t> map, std::span<const uint8_t> answer);
bool is_maze_solution(size_t size, std::span<const uint8_t> map, std::span<const uint8_t> answer);

// The least of the map's eight images: equal for two maps exactly when one is an image of the
// other.
std::string canonical_maze(size_t size, std::span<const uint8_t> map);

struct MazeOptions {
  int64_t size = 30;      // rows and columns, 5 to 200
  int64_t min_path = -1;  // only mazes with more steps; -1 = 110 at 30 x 30, in proportion to cells
  double braid = 0;       // share of dead ends that are opened: 0 makes a maze without circles
};

struct Maze {
  std::vector<uint8_t> map, answer;  // [size * size]
  int64_t steps = 0;
};

// A depth-first maze; its shortest path is the only one of its length. InvalidArgument: an option
// out of range, or no maze with so long a path came up.
Result<Maze> generate_maze(const MazeOptions& options, CounterRandom& random);

}  // namespace greylag
