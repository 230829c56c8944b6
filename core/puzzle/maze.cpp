// SPDX-License-Identifier: Apache-2.0
// Maps, paths and what solves a maze.
#include "core/puzzle/maze.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/puzzle/dihedral.h"
#include "core/puzzle/maze_distance.h"

namespace greylag {
namespace {

constexpr std::string_view kCharacters = "?# SGo";

size_t find_one(std::span<const uint8_t> map, uint8_t token) {
  const auto found = std::find(map.begin(), map.end(), token);
  if (found == map.end() || std::find(found + 1, map.end(), token) != map.end()) {
    return map.size();
  }
  return static_cast<size_t>(found - map.begin());
}

}  // namespace

MazeDistances maze_distances(size_t size, std::span<const uint8_t> map, size_t from) {
  MazeDistances result{std::vector<int32_t>(map.size(), -1), std::vector<uint8_t>(map.size(), 0)};
  std::vector<size_t> reached{from};
  result.steps[from] = 0;
  result.paths[from] = 1;
  for (size_t i = 0; i < reached.size(); ++i) {
    const size_t cell = reached[i];
    for (const size_t next : maze_neighbours(size, cell)) {
      if (next >= map.size() || map[next] == kMazeWall || map[next] == kMazePad) continue;
      if (result.steps[next] < 0) {
        result.steps[next] = result.steps[cell] + 1;
        reached.push_back(next);
      }
      if (result.steps[next] != result.steps[cell] + 1) continue;
      result.paths[next] =
          static_cast<uint8_t>(std::min(2, result.paths[next] + result.paths[cell]));
    }
  }
  return result;
}

Result<MazeGrid> parse_maze(std::string_view text) {
  MazeGrid maze;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') continue;
    const size_t token = kCharacters.find(text[i], 1);
    if (token == std::string_view::npos) {
      return Error{ErrorCode::InvalidArgument, "character " + std::to_string(i + 1) +
                                                   " of the maze is not '#', ' ', S, G or o"};
    }
    maze.tokens.push_back(static_cast<uint8_t>(token));
  }
  maze.size = static_cast<size_t>(std::llround(std::sqrt(static_cast<double>(maze.tokens.size()))));
  if (maze.size == 0 || maze.size * maze.size != maze.tokens.size()) {
    return Error{ErrorCode::InvalidArgument, "the maze has " + std::to_string(maze.tokens.size()) +
                                                 " cells, which is not a square"};
  }
  return maze;
}

std::string format_maze(size_t size, std::span<const uint8_t> tokens) {
  std::string text;
  for (size_t cell = 0; cell < tokens.size(); ++cell) {
    text += kCharacters[tokens[cell] < kCharacters.size() ? tokens[cell] : 0];
    if (cell % size + 1 == size) text += '\n';
  }
  return text;
}

MazePath shortest_path(size_t size, std::span<const uint8_t> map) {
  const size_t start = find_one(map, kMazeStart), goal = find_one(map, kMazeGoal);
  if (start == map.size() || goal == map.size()) return {};
  const MazeDistances from_start = maze_distances(size, map, start);
  if (from_start.steps[goal] < 0) return {};
  MazePath path{{goal}, from_start.paths[goal] == 1};
  while (path.cells.back() != start) {
    for (const size_t next : maze_neighbours(size, path.cells.back())) {
      if (next >= map.size() || from_start.steps[next] < 0) continue;
      if (from_start.steps[next] + 1 != from_start.steps[path.cells.back()]) continue;
      path.cells.push_back(next);
      break;
    }
  }
  std::reverse(path.cells.begin(), path.cells.end());
  return path;
}

std::vector<uint8_t> draw_path(std::span<const uint8_t> map, const MazePath& path) {
  std::vector<uint8_t> drawn(map.begin(), map.end());
  for (const size_t cell : path.cells) {
    if (drawn[cell] == kMazeFree) drawn[cell] = kMazePath;
  }
  return drawn;
}

bool is_maze_path(size_t size, std::span<const uint8_t> map, std::span<const uint8_t> answer) {
  if (map.size() != size * size || answer.size() != map.size()) return false;
  std::vector<uint8_t> marks(map.size(), kMazeWall);
  int64_t marked = 0;
  for (size_t cell = 0; cell < map.size(); ++cell) {
    const bool is_mark = answer[cell] == kMazePath;
    if (is_mark ? map[cell] != kMazeFree : map[cell] != answer[cell]) return false;
    if (is_mark) ++marked;
    if (is_mark || map[cell] == kMazeStart || map[cell] == kMazeGoal) marks[cell] = answer[cell];
  }
  // Among the marks alone the shortest path must use every one.
  const MazePath path = shortest_path(size, marks);
  return !path.cells.empty() && path.steps() == marked + 1;
}

bool is_maze_solution(size_t size, std::span<const uint8_t> map, std::span<const uint8_t> answer) {
  if (!is_maze_path(size, map, answer)) return false;
  return std::count(answer.begin(), answer.end(), uint8_t{kMazePath}) + 1 ==
         shortest_path(size, map).steps();
}

std::string canonical_maze(size_t size, std::span<const uint8_t> map) {
  std::string least(map.begin(), map.end());
  for (uint8_t t = 1; t < kDihedrals; ++t) {
    const std::vector<uint8_t> image = dihedral(t, map, size, size);
    least = std::min(least, std::string(image.begin(), image.end()));
  }
  return least;
}

}  // namespace greylag
