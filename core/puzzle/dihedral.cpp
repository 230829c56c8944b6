// SPDX-License-Identifier: Apache-2.0
// Turning and mirroring.
#include "core/puzzle/dihedral.h"

#include <utility>

namespace greylag {

std::vector<uint8_t> dihedral(uint8_t t, std::span<const uint8_t> cells, size_t rows,
                              size_t columns) {
  std::vector<uint8_t> grid(cells.begin(), cells.end()), next(cells.size());
  if (t >= 4) {
    for (size_t i = 0; i < grid.size(); ++i) next[i % columns * rows + i / columns] = grid[i];
    std::swap(grid, next);
    std::swap(rows, columns);
  }
  for (int turn = 0; turn < t % 4; ++turn) {
    for (size_t i = 0; i < grid.size(); ++i) {
      next[i % columns * rows + (rows - 1 - i / columns)] = grid[i];
    }
    std::swap(grid, next);
    std::swap(rows, columns);
  }
  return grid;
}

}  // namespace greylag
