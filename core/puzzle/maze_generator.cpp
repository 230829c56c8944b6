// SPDX-License-Identifier: Apache-2.0
// Rooms stand at every second cell; a walk goes to unvisited rooms, opening the wall between, and
// turns back where there are none. An even size leaves a wall along one edge, on a side drawn at
// random.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/puzzle/maze.h"
#include "core/puzzle/maze_distance.h"
#include "core/puzzle/shuffle.h"

namespace greylag {
namespace {

constexpr int kMazesTried = 200, kStartsTried = 8;

class Walls {
 public:
  Walls(size_t size, CounterRandom& random)
      : size_(size), rooms_((size + 1) / 2), random_(random), map_(size * size, kMazeWall) {
    if (size % 2 == 0) {
      top_ = random.below(2);
      left_ = random.below(2);
    }
  }

  void walk() {
    std::vector<size_t> trail{random_.below(rooms_ * rooms_)};
    open(cell(trail.back()));
    while (!trail.empty()) {
      const size_t room = trail.back();
      const auto next = random_neighbour(
          room, [&](size_t other, size_t /*wall*/) { return map_[cell(other)] == kMazeWall; });
      if (next == rooms_ * rooms_) {
        trail.pop_back();
        continue;
      }
      open(between(room, next));
      open(cell(next));
      trail.push_back(next);
    }
  }

  // Opens one more wall of this share of the dead ends.
  void braid(double share) {
    for (size_t room = 0; room < rooms_ * rooms_; ++room) {
      const auto exits = maze_neighbours(size_, cell(room));
      const auto is_open = [&](size_t at) { return at < map_.size() && map_[at] == kMazeFree; };
      if (std::count_if(exits.begin(), exits.end(), is_open) != 1) continue;
      if (random_.uniform() >= share) continue;
      const auto next = random_neighbour(
          room, [&](size_t /*other*/, size_t wall) { return map_[wall] == kMazeWall; });
      if (next != rooms_ * rooms_) open(between(room, next));
    }
  }

  size_t random_room() { return cell(random_.below(rooms_ * rooms_)); }
  const std::vector<uint8_t>& map() const { return map_; }

 private:
  size_t cell(size_t room) const {
    return (2 * (room / rooms_) + top_) * size_ + 2 * (room % rooms_) + left_;
  }
  size_t between(size_t a, size_t b) const { return (cell(a) + cell(b)) / 2; }
  void open(size_t at) { map_[at] = kMazeFree; }

  // A random one of the rooms beside this one that are wanted; rooms * rooms without any.
  template <typename Wanted>
  size_t random_neighbour(size_t room, Wanted wanted) {
    std::array<size_t, 4> around = maze_neighbours(rooms_, room);
    shuffle(std::span<size_t>(around), random_);
    for (const size_t other : around) {
      if (other < rooms_ * rooms_ && wanted(other, between(room, other))) return other;
    }
    return rooms_ * rooms_;
  }

  size_t size_, rooms_;  // a side
  size_t top_ = 0, left_ = 0;
  CounterRandom& random_;
  std::vector<uint8_t> map_;
};

// Puts start and goal more than min_path steps apart, with one shortest path; else false.
bool place_ends(size_t size, int64_t min_path, size_t start, CounterRandom& random,
                std::vector<uint8_t>& map) {
  const MazeDistances from_start = maze_distances(size, map, start);
  std::vector<size_t> goals;
  for (size_t cell = 0; cell < map.size(); ++cell) {
    if (from_start.steps[cell] > min_path && from_start.paths[cell] == 1) goals.push_back(cell);
  }
  if (goals.empty()) return false;
  map[start] = kMazeStart;
  map[goals[random.below(goals.size())]] = kMazeGoal;
  return true;
}

}  // namespace

Result<Maze> generate_maze(const MazeOptions& options, CounterRandom& random) {
  if (options.size < 5 || options.size > 200) {
    return Error{ErrorCode::InvalidArgument,
                 "a maze has 5 to 200 rows, not " + std::to_string(options.size)};
  }
  if (!(options.braid >= 0 && options.braid <= 1)) {
    return Error{ErrorCode::InvalidArgument, "the share of opened dead ends must be 0 to 1"};
  }
  const auto size = static_cast<size_t>(options.size);
  const int64_t min_path =
      options.min_path >= 0 ? options.min_path : options.size * options.size * 110 / 900;
  for (int i = 0; i < kMazesTried; ++i) {
    Walls walls(size, random);
    walls.walk();
    walls.braid(options.braid);
    for (int start = 0; start < kStartsTried; ++start) {
      Maze maze;
      maze.map = walls.map();
      if (!place_ends(size, min_path, walls.random_room(), random, maze.map)) continue;
      const MazePath path = shortest_path(size, maze.map);
      maze.answer = draw_path(maze.map, path);
      maze.steps = path.steps();
      return maze;
    }
  }
  return Error{ErrorCode::InvalidArgument,
               "no maze of " + std::to_string(options.size) + " rows with more than " +
                   std::to_string(min_path) +
                   " steps to its goal came up: ask for a shorter path or fewer opened dead ends"};
}

}  // namespace greylag
