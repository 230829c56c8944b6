// SPDX-License-Identifier: Apache-2.0
// Generated mazes are mazes, and their answers are as short as another search says.
#include "core/puzzle/maze.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/puzzle/dihedral.h"

namespace greylag {
namespace {

using testing::HasSubstr;

// Steps from S to G by relaxing until nothing changes; 0 = no way.
int64_t relaxed_distance(size_t size, const std::vector<uint8_t>& map) {
  const int64_t far = 1 << 20;
  std::vector<int64_t> steps(map.size(), far);
  size_t goal = 0;
  for (size_t i = 0; i < map.size(); ++i) {
    if (map[i] == kMazeStart) steps[i] = 0;
    if (map[i] == kMazeGoal) goal = i;
  }
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (size_t a = 0; a < map.size(); ++a) {
      for (const size_t b : {a + 1, a + size}) {
        if (b >= map.size() || (b == a + 1 && b % size == 0)) continue;
        if (map[a] == kMazeWall || map[b] == kMazeWall) continue;
        for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
          if (steps[from] + 1 >= steps[to]) continue;
          steps[to] = steps[from] + 1;
          has_changed = true;
        }
      }
    }
  }
  return steps[goal] == far ? 0 : steps[goal];
}

Maze make(const MazeOptions& options, uint64_t stream) {
  CounterRandom random(8, stream);
  auto maze = generate_maze(options, random);
  EXPECT_TRUE(maze) << maze.error().message;
  return *maze;
}

MazeGrid parse(std::string_view text) { return *parse_maze(text); }

TEST(Maze, AnswersAreShortestPaths) {
  for (const double braid : {0.0, 0.5, 1.0}) {
    for (const int64_t size : {30, 15}) {
      for (uint64_t i = 0; i < 4; ++i) {
        const auto side = static_cast<size_t>(size);
        const Maze maze = make({.size = size, .min_path = 20, .braid = braid}, i);
        ASSERT_EQ(maze.map.size(), side * side);
        ASSERT_GT(maze.steps, 20);
        ASSERT_EQ(maze.steps, relaxed_distance(side, maze.map));
        ASSERT_EQ(std::count(maze.answer.begin(), maze.answer.end(), uint8_t{kMazePath}),
                  maze.steps - 1);
        ASSERT_TRUE(is_maze_solution(side, maze.map, maze.answer));
        ASSERT_TRUE(shortest_path(side, maze.map).is_unique);
      }
    }
  }
}

TEST(Maze, IsLongByDefault) {
  for (uint64_t i = 0; i < 20; ++i) EXPECT_GT(make({}, i).steps, 110);
}

// Rooms and openings of a maze without circles are a tree: one opening fewer than rooms.
TEST(Maze, HasCirclesOnlyWhenBraided) {
  const auto open_cells = [](const Maze& maze) {
    return static_cast<int64_t>(maze.map.size()) -
           std::count(maze.map.begin(), maze.map.end(), uint8_t{kMazeWall});
  };
  EXPECT_EQ(open_cells(make({}, 1)), 2 * 15 * 15 - 1);
  EXPECT_GT(open_cells(make({.min_path = 20, .braid = 1}, 1)), 2 * 15 * 15 + 9);
}

TEST(Maze, FollowsItsSeed) {
  EXPECT_EQ(make({}, 1).map, make({}, 1).map);
  EXPECT_NE(make({}, 1).map, make({}, 2).map);
}

TEST(Maze, RefusesWhatCannotBe) {
  CounterRandom random(1, 0);
  for (const MazeOptions& options :
       {MazeOptions{.size = 4}, MazeOptions{.size = 201}, MazeOptions{.braid = 1.5},
        MazeOptions{.braid = std::nan("")}, MazeOptions{.size = 7, .min_path = 60}}) {
    EXPECT_EQ(generate_maze(options, random).error().code, ErrorCode::InvalidArgument);
  }
}

TEST(Maze, KnowsAPathFromOtherMarks) {
  const MazeGrid map = parse("S  #\n## #\n#  #\nG  #");
  const auto is_path = [&](std::string_view text) {
    return is_maze_path(4, map.tokens, parse(text).tokens);
  };
  EXPECT_TRUE(is_path("Soo#\n##o#\n#oo#\nGo #"));
  EXPECT_TRUE(is_path("Soo#\n##o#\n# o#\nGoo#"));
  EXPECT_FALSE(is_path("Soo#\n##o#\n#oo#\nGoo#"));  // a side arm
  EXPECT_FALSE(is_path("Soo#\n## #\n#oo#\nGo #"));  // a gap
  EXPECT_FALSE(is_path("Soo \n##o#\n#oo#\nGo #"));  // another map
  EXPECT_FALSE(is_path("So #\n#oo#\n#oo#\nGo #"));  // through a wall
  EXPECT_FALSE(is_path("S  #\n## #\n#  #\nG  #"));
}

TEST(Maze, ASolutionIsAShortestPath) {
  const MazeGrid map = parse("S  #\n #  \n    \nG   ");
  EXPECT_TRUE(is_maze_solution(4, map.tokens, parse("S  #\no#  \no   \nG   ").tokens));
  const auto around = parse("Soo#\n #oo\n   o\nGooo").tokens;
  EXPECT_TRUE(is_maze_path(4, map.tokens, around));
  EXPECT_FALSE(is_maze_solution(4, map.tokens, around));
}

TEST(Maze, TellsWhetherItsPathIsTheOnlyOne) {
  EXPECT_FALSE(shortest_path(2, parse("S  G").tokens).is_unique);
  EXPECT_TRUE(shortest_path(2, parse("S #G").tokens).is_unique);
  EXPECT_TRUE(shortest_path(2, parse("S##G").tokens).cells.empty());
  EXPECT_TRUE(shortest_path(2, parse("SSGG").tokens).cells.empty());
}

TEST(Maze, IsWrittenAndParsed) {
  const std::string text = "S o\n#G \n  #\n";
  EXPECT_EQ(format_maze(3, parse(text).tokens), text);
  EXPECT_EQ(parse(text).tokens, (std::vector<uint8_t>{3, 2, 5, 1, 4, 2, 2, 2, 1}));
  EXPECT_THAT(parse_maze("S x#").error().message, HasSubstr("character 3"));
  EXPECT_THAT(parse_maze("S ?#").error().message, HasSubstr("character 3"));
  EXPECT_THAT(parse_maze("S #").error().message, HasSubstr("3 cells"));
  EXPECT_FALSE(parse_maze(""));
}

TEST(Maze, HasOneCanonicalFormForItsEightImages) {
  const Maze maze = make({.size = 9}, 3), other = make({.size = 9}, 4);
  for (uint8_t t = 0; t < kDihedrals; ++t) {
    const auto image = dihedral(t, maze.map, 9, 9);
    EXPECT_EQ(canonical_maze(9, image), canonical_maze(9, maze.map));
    EXPECT_TRUE(is_maze_solution(9, image, dihedral(t, maze.answer, 9, 9)));
  }
  EXPECT_NE(canonical_maze(9, maze.map), canonical_maze(9, other.map));
}

}  // namespace
}  // namespace greylag
