// SPDX-License-Identifier: Apache-2.0
#include "core/model/puzzle_scan.h"

#include <algorithm>
#include <numeric>

namespace greylag {

int64_t scan_groups(const PuzzleConfig& config) {
  return config.mixer == PuzzleMixer::Rwkv7 && config.scan == PuzzleScan::Four ? 4 : 1;
}

std::vector<int32_t> scan_order(const PuzzleConfig& config, int64_t block, int64_t group) {
  int64_t number = 0;
  if (config.scan == PuzzleScan::Four) number = group;
  if (config.scan == PuzzleScan::Alternating) number = block % 2;
  std::vector<int32_t> order(static_cast<size_t>(config.positions()));
  std::iota(order.begin(), order.end(), 0);
  if (number >= 2) {
    auto next = order.begin() + config.prefix;
    for (int64_t column = 0; column < config.columns; ++column) {
      for (int64_t row = 0; row < config.rows; ++row) {
        *next++ = static_cast<int32_t>(config.prefix + row * config.columns + column);
      }
    }
  }
  if (number % 2 == 1) std::ranges::reverse(order);
  return order;
}

}  // namespace greylag
