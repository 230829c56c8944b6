// SPDX-License-Identifier: Apache-2.0
#include "core/cli/loss_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace greylag {
namespace {

// Dot (row 0..3, column 0..1) of a braille character as a bit of U+2800 + bits.
constexpr std::array<std::array<unsigned, 2>, 4> kDots{
    {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

std::string braille(unsigned bits) {
  const unsigned code = 0x2800 + bits;
  return {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

}  // namespace

std::string draw_curve(const std::vector<double>& values, size_t width, size_t height) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double value) { return std::isfinite(value); });
  if (finite.size() < 2) return {};
  const auto [low_at, high_at] = std::minmax_element(finite.begin(), finite.end());
  const double low = *low_at, span = std::max(*high_at - *low_at, 1e-9);
  const size_t columns = width * 2, rows = height * 4;
  std::vector<unsigned> cells(width * height, 0);
  for (size_t x = 0; x < columns; ++x) {
    const double at = static_cast<double>(x) / static_cast<double>(columns - 1) *
                      static_cast<double>(finite.size() - 1);
    const double value = finite[static_cast<size_t>(std::lround(at))];
    const double down = (1 - (value - low) / span) * static_cast<double>(rows - 1);
    const auto y = static_cast<size_t>(std::lround(down));
    cells[y / 4 * width + x / 2] |= kDots[y % 4][x % 2];
  }
  std::string out;
  for (size_t row = 0; row < height; ++row) {
    const bool has_label = row == 0 || row + 1 == height;
    out += has_label ? fmt::format("{:8.3f} ┤", row == 0 ? low + span : low) : "         │";
    for (size_t x = 0; x < width; ++x) out += braille(cells[row * width + x]);
    out += '\n';
  }
  return out;
}

std::string draw_bar(double share, size_t width) {
  const auto full =
      static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)));
  std::string out;
  for (size_t i = 0; i < width; ++i) out += i < full ? "█" : "░";
  return out;
}

}  // namespace greylag
