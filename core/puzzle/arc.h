// SPDX-License-Identifier: Apache-2.0
// What is an ARC grid as tokens, how is it augmented, and how is that undone? Grids have 1 to 30
// rows and columns of ten colours. Tokens (facts hrm.md 1.8) fill 30 x 30 cells: 0 pad, 1 the end
// marker that runs along the right and lower edge of the grid, 2.. the colours 0...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"

namespace greylag {

constexpr size_t kArcSide = 30;
constexpr size_t kArcCells = kArcSide * kArcSide;
constexpr uint8_t kArcEnd = 1, kArcBlack = 2;  // tokens
constexpr uint8_t kArcColours = 10;
constexpr int64_t kArcVocab = kArcBlack + kArcColours;

struct ArcGrid {
  size_t rows = 0, columns = 0;  // 0 x 0: no grid
  std::vector<uint8_t> colours;  // [rows, columns], 0 to 9

  bool operator==(const ArcGrid&) const = default;
};

// [900] tokens, the grid's corner at (top, left); top + rows <= 30 and left + columns <= 30.
std::vector<uint8_t> encode_arc(const ArcGrid& grid, size_t top = 0, size_t left = 0);
// The largest rectangle of colours at the upper left corner, whatever else a model wrote; 0 x 0
// without one.
ArcGrid decode_arc(std::span<const uint8_t> tokens);

// One of the eight images (dihedral.h), then another naming of the colours; black stays black.
struct ArcAugmentation {
  uint8_t image = 0;
  std::array<uint8_t, kArcColours> colours{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

  bool operator==(const ArcAugmentation&) const = default;
};

ArcAugmentation random_arc_augmentation(CounterRandom& random);
ArcGrid apply(const ArcAugmentation& augmentation, const ArcGrid& grid);
// undo(a, apply(a, grid)) == grid: votes are cast on grids as they were.
ArcGrid undo(const ArcAugmentation& augmentation, const ArcGrid& grid);

// How a puzzle id is named in identifiers.json: "TASK" as it was, "TASK|t3|0142356789" augmented.
struct ArcVersion {
  std::string task;
  ArcAugmentation augmentation;
};
std::string name_arc_version(const ArcVersion& version);
// Nothing when the text is no such name.
std::optional<ArcVersion> parse_arc_version(std::string_view name);

}  // namespace greylag
