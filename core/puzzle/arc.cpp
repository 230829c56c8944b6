// SPDX-License-Identifier: Apache-2.0
// Tokens and augmentations of ARC grids.
#include "core/puzzle/arc.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/puzzle/dihedral.h"
#include "core/puzzle/shuffle.h"

namespace greylag {
namespace {

bool is_colour(uint8_t token) { return token >= kArcBlack && token < kArcVocab; }

ArcGrid turned(uint8_t image, const ArcGrid& grid) {
  ArcGrid result{grid.rows, grid.columns, dihedral(image, grid.colours, grid.rows, grid.columns)};
  if (swaps_sides(image)) std::swap(result.rows, result.columns);
  return result;
}

}  // namespace

std::vector<uint8_t> encode_arc(const ArcGrid& grid, size_t top, size_t left) {
  const size_t bottom = top + grid.rows, right = left + grid.columns;
  check(bottom <= kArcSide && right <= kArcSide, "encode_arc: the grid leaves the 30 x 30 cells");
  std::vector<uint8_t> tokens(kArcCells, 0);
  for (size_t i = 0; i < grid.colours.size(); ++i) {
    tokens[(top + i / grid.columns) * kArcSide + left + i % grid.columns] =
        static_cast<uint8_t>(grid.colours[i] + kArcBlack);
  }
  for (size_t row = top; right < kArcSide && row < bottom; ++row) {
    tokens[row * kArcSide + right] = kArcEnd;
  }
  for (size_t column = left; bottom < kArcSide && column < right; ++column) {
    tokens[bottom * kArcSide + column] = kArcEnd;
  }
  return tokens;
}

ArcGrid decode_arc(std::span<const uint8_t> tokens) {
  ArcGrid grid;
  size_t columns = kArcSide;
  for (size_t row = 0; row < kArcSide && tokens.size() == kArcCells; ++row) {
    size_t width = 0;
    while (width < columns && is_colour(tokens[row * kArcSide + width])) ++width;
    columns = width;
    if ((row + 1) * columns <= grid.rows * grid.columns) continue;
    grid.rows = row + 1;
    grid.columns = columns;
  }
  for (size_t i = 0; i < grid.rows * grid.columns; ++i) {
    const uint8_t token = tokens[i / grid.columns * kArcSide + i % grid.columns];
    grid.colours.push_back(static_cast<uint8_t>(token - kArcBlack));
  }
  return grid;
}

ArcAugmentation random_arc_augmentation(CounterRandom& random) {
  ArcAugmentation augmentation;
  augmentation.image = static_cast<uint8_t>(random.below(kDihedrals));
  shuffle(std::span<uint8_t>(augmentation.colours).subspan(1), random);
  return augmentation;
}

ArcGrid apply(const ArcAugmentation& augmentation, const ArcGrid& grid) {
  ArcGrid result = turned(augmentation.image, grid);
  for (uint8_t& colour : result.colours) colour = augmentation.colours[colour];
  return result;
}

ArcGrid undo(const ArcAugmentation& augmentation, const ArcGrid& grid) {
  std::array<uint8_t, kArcColours> back{};
  for (uint8_t colour = 0; colour < kArcColours; ++colour) {
    back[augmentation.colours[colour]] = colour;
  }
  ArcGrid result = turned(inverse_dihedral(augmentation.image), grid);
  for (uint8_t& colour : result.colours) colour = back[colour];
  return result;
}

std::string name_arc_version(const ArcVersion& version) {
  if (version.augmentation == ArcAugmentation{}) return version.task;
  std::string name = version.task + "|t" + std::to_string(version.augmentation.image) + "|";
  for (const uint8_t colour : version.augmentation.colours) name += static_cast<char>('0' + colour);
  return name;
}

std::optional<ArcVersion> parse_arc_version(std::string_view name) {
  ArcVersion version;
  const size_t bar = name.find('|');
  version.task = name.substr(0, bar);
  if (version.task.empty()) return std::nullopt;
  if (bar == std::string_view::npos) return version;
  const std::string_view rest = name.substr(bar);  // |tI|CCCCCCCCCC
  if (rest.size() != 4 + kArcColours || rest[1] != 't' || rest[3] != '|') return std::nullopt;
  if (rest[2] < '0' || rest[2] >= '0' + kDihedrals || rest[4] != '0') return std::nullopt;
  version.augmentation.image = static_cast<uint8_t>(rest[2] - '0');
  for (size_t i = 0; i < kArcColours; ++i) {
    if (rest[4 + i] < '0' || rest[4 + i] > '9') return std::nullopt;
    version.augmentation.colours[i] = static_cast<uint8_t>(rest[4 + i] - '0');
  }
  auto sorted = version.augmentation.colours;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != ArcAugmentation{}.colours) return std::nullopt;
  return version;
}

}  // namespace greylag
