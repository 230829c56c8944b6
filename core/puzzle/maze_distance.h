// SPDX-License-Identifier: Apache-2.0
// How far is each cell of a maze from one of them? Breadth first; also counts shortest paths, as
// far as telling one from more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace greylag {

struct MazeDistances {
  std::vector<int32_t> steps;  // [cells]; -1 = not reached
  std::vector<uint8_t> paths;  // [cells]: shortest paths, at most 2
};

// Cells that share a side; size * size for those beyond the edge.
inline std::array<size_t, 4> maze_neighbours(size_t size, size_t cell) {
  const size_t none = size * size;
  return {cell >= size ? cell - size : none, cell % size > 0 ? cell - 1 : none,
          cell % size + 1 < size ? cell + 1 : none, cell + size < none ? cell + size : none};
}

// Walls and padding are not entered.
MazeDistances maze_distances(size_t size, std::span<const uint8_t> map, size_t from);

}  // namespace greylag
