// SPDX-License-Identifier: Apache-2.0
// What are the eight ways to turn or mirror a grid? Number t: transposed first when t has bit 2,
// then turned clockwise t mod 4 times. 0 leaves the grid as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace greylag {

constexpr uint8_t kDihedrals = 8;

// A mirror image undoes itself; a turn is undone by the rest of the circle.
constexpr uint8_t inverse_dihedral(uint8_t t) {
  return t >= 4 ? t : static_cast<uint8_t>((4 - t) % 4);
}
// Whether rows become columns.
constexpr bool swaps_sides(uint8_t t) { return ((t >> 2) + t) % 2 == 1; }

// cells: [rows, columns]; the result has them swapped when swaps_sides(t).
std::vector<uint8_t> dihedral(uint8_t t, std::span<const uint8_t> cells, size_t rows,
                              size_t columns);

}  // namespace greylag
