// SPDX-License-Identifier: Apache-2.0
// Bit d of a mask stands for digit d + 1.
#include "core/puzzle/sudoku_solver.h"

#include <array>
#include <bit>
#include <utility>

namespace greylag {
namespace {

using Mask = uint32_t;
constexpr size_t kMostUnits = 9;

class Search {
 public:
  Search(const SudokuShape& shape, std::span<const uint8_t> puzzle, const SudokuLimits& limits,
         CounterRandom* random)
      : shape_(shape),
        limits_(limits),
        random_(random),
        tokens_(puzzle.begin(), puzzle.end()),
        all_((Mask{1} << shape.size()) - 1) {}

  SudokuSearch run() {
    if (tokens_.size() != shape_.cells() || !place_clues()) return {};
    descend(0);
    return std::move(found_);
  }

 private:
  struct Cell {
    uint8_t index, row, column, box;
  };

  Cell cell_at(size_t index) const {
    return {static_cast<uint8_t>(index), static_cast<uint8_t>(shape_.row_of(index)),
            static_cast<uint8_t>(shape_.column_of(index)),
            static_cast<uint8_t>(shape_.box_of(index))};
  }
  Mask candidates(const Cell& cell) const {
    return all_ & ~(rows_[cell.row] | columns_[cell.column] | boxes_[cell.box]);
  }
  void flip(const Cell& cell, Mask digit) {
    rows_[cell.row] ^= digit;
    columns_[cell.column] ^= digit;
    boxes_[cell.box] ^= digit;
  }

  bool place_clues() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Cell cell = cell_at(i);
      if (tokens_[i] < kSudokuOne) {
        open_.push_back(cell);
        continue;
      }
      const Mask digit = Mask{1} << (tokens_[i] - kSudokuOne);
      if ((candidates(cell) & digit) == 0) return false;
      flip(cell, digit);
    }
    return true;
  }

  Mask choose(Mask candidates) {
    if (random_ == nullptr) return candidates & (~candidates + 1);
    auto skip = random_->below(static_cast<uint64_t>(std::popcount(candidates)));
    for (; skip > 0; --skip) candidates &= candidates - 1;
    return candidates & (~candidates + 1);
  }

  // Puts the open cell with the fewest candidates at `depth`.
  Mask bring_narrowest(size_t depth) {
    Mask best = 0;
    int fewest = static_cast<int>(kMostUnits) + 1;
    size_t at = depth;
    for (size_t i = depth; i < open_.size() && fewest > 1; ++i) {
      const Mask mask = candidates(open_[i]);
      const int count = std::popcount(mask);
      if (count >= fewest) continue;
      fewest = count;
      best = mask;
      at = i;
    }
    std::swap(open_[depth], open_[at]);
    return best;
  }

  void descend(size_t depth) {
    if (depth == open_.size()) {
      if (found_.answers++ == 0) found_.first = tokens_;
      return;
    }
    Mask left = bring_narrowest(depth);
    const Cell cell = open_[depth];
    const bool is_guess = std::popcount(left) > 1;
    while (left != 0 && found_.answers < limits_.answers) {
      if (is_guess && found_.guesses >= limits_.guesses) {
        found_.has_given_up = true;
        break;
      }
      found_.guesses += is_guess ? 1 : 0;
      const Mask digit = choose(left);
      left ^= digit;
      flip(cell, digit);
      tokens_[cell.index] = static_cast<uint8_t>(std::countr_zero(digit) + kSudokuOne);
      descend(depth + 1);
      flip(cell, digit);
    }
  }

  const SudokuShape shape_;
  const SudokuLimits limits_;
  CounterRandom* random_;
  std::vector<uint8_t> tokens_;
  Mask all_;
  std::array<Mask, kMostUnits> rows_{}, columns_{}, boxes_{};
  std::vector<Cell> open_;  // filled up to the depth of the search
  SudokuSearch found_;
};

}  // namespace

SudokuSearch solve_sudoku(const SudokuShape& shape, std::span<const uint8_t> puzzle,
                          const SudokuLimits& limits, CounterRandom* random) {
  return Search(shape, puzzle, limits, random).run();
}

}  // namespace greylag
