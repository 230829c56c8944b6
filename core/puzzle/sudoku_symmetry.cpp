// SPDX-License-Identifier: Apache-2.0
// The canonical form is the least grid when rows are read as words, blanks before digits and the
// digits named in order of appearance. Each order of the columns is tried; rows are then chosen one
// by one, leaving a branch as soon as it is above the best grid so far.
#include "core/puzzle/sudoku_symmetry.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/puzzle/shuffle.h"

namespace greylag {
namespace {

constexpr size_t kMost = 9;
using Line = std::array<uint8_t, kMost>;

std::vector<uint8_t> counting(size_t count) {
  std::vector<uint8_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), uint8_t{0});
  return numbers;
}

// Lines in blocks of `depth` lines: blocks in random order, and lines within each.
std::vector<uint8_t> shuffled_lines(size_t size, size_t depth, CounterRandom& random) {
  std::vector<uint8_t> blocks = counting(size / depth), lines;
  shuffle(std::span(blocks), random);
  for (const uint8_t block : blocks) {
    std::vector<uint8_t> inner = counting(depth);
    shuffle(std::span(inner), random);
    for (const uint8_t line : inner) lines.push_back(static_cast<uint8_t>(block * depth + line));
  }
  return lines;
}

// Every order of the columns: stacks, and columns within each.
void add_column_orders(const SudokuShape& shape, std::vector<uint8_t> order,
                       std::vector<std::vector<uint8_t>>& orders) {
  if (order.size() == shape.size()) {
    orders.push_back(std::move(order));
    return;
  }
  const size_t depth = shape.box_columns;
  for (size_t stack = 0; stack < shape.size() / depth; ++stack) {
    const auto in_stack = [&](uint8_t column) { return column / depth == stack; };
    if (std::any_of(order.begin(), order.end(), in_stack)) continue;
    std::vector<uint8_t> inner = counting(depth);
    do {
      std::vector<uint8_t> longer = order;
      for (const uint8_t column : inner) {
        longer.push_back(static_cast<uint8_t>(stack * depth + column));
      }
      add_column_orders(shape, std::move(longer), orders);
    } while (std::next_permutation(inner.begin(), inner.end()));
  }
}

class Canonical {
 public:
  explicit Canonical(const SudokuShape& shape) : shape_(shape), size_(shape.size()) {
    for (Line& line : best_) line.fill(0xff);
  }

  // digits: [cells], 0 = blank.
  void offer(std::span<const uint8_t> digits, const std::vector<std::vector<uint8_t>>& orders) {
    digits_ = digits;
    for (const auto& order : orders) {
      order_ = &order;
      descend(0, 0, Names{});
    }
  }

  std::string best() const {
    std::string text;
    for (size_t row = 0; row < size_; ++row) {
      for (size_t column = 0; column < size_; ++column) {
        text += static_cast<char>('0' + best_[row][column]);
      }
    }
    return text;
  }

 private:
  struct Names {
    std::array<uint8_t, kMost + 1> of{};  // the name of each digit; 0 = not met
    uint8_t count = 0;
  };

  bool is_allowed(size_t row, size_t depth, uint32_t used, size_t band) const {
    if ((used >> row & 1) != 0) return false;
    const size_t own = row / shape_.box_rows;
    if (depth % shape_.box_rows != 0) return own == band;
    return (used >> (own * shape_.box_rows) & ((1u << shape_.box_rows) - 1)) == 0;
  }

  // The row in this order of columns under these names: -1 below, 0 equal to, 1 above the best.
  int compare(size_t row, size_t depth, Names& names, Line& line) const {
    int side = 0;
    for (size_t column = 0; column < size_; ++column) {
      const uint8_t digit = digits_[row * size_ + (*order_)[column]];
      if (digit != 0 && names.of[digit] == 0) names.of[digit] = ++names.count;
      line[column] = names.of[digit];
      if (side == 0 && line[column] != best_[depth][column]) {
        if (line[column] > best_[depth][column]) return 1;
        side = -1;
      }
    }
    return side;
  }

  void descend(size_t depth, uint32_t used, const Names& names, size_t band = 0) {
    if (depth == size_) return;
    for (size_t row = 0; row < size_; ++row) {
      if (!is_allowed(row, depth, used, band)) continue;
      Names with = names;
      Line line{};
      const int side = compare(row, depth, with, line);
      if (side > 0) continue;
      if (side < 0) {
        best_[depth] = line;
        for (size_t below = depth + 1; below < size_; ++below) best_[below].fill(0xff);
      }
      descend(depth + 1, used | 1u << row, with, row / shape_.box_rows);
    }
  }

  const SudokuShape shape_;
  const size_t size_;
  std::span<const uint8_t> digits_;
  const std::vector<uint8_t>* order_ = nullptr;
  std::array<Line, kMost> best_;
};

std::vector<uint8_t> transposed(size_t size, std::span<const uint8_t> tokens) {
  std::vector<uint8_t> turned(tokens.size());
  for (size_t cell = 0; cell < tokens.size(); ++cell) {
    turned[cell % size * size + cell / size] = tokens[cell];
  }
  return turned;
}

}  // namespace

SudokuSymmetry random_sudoku_symmetry(const SudokuShape& shape, CounterRandom& random) {
  SudokuSymmetry symmetry;
  symmetry.is_transposed = shape.box_rows == shape.box_columns && random.below(2) == 1;
  symmetry.rows = shuffled_lines(shape.size(), shape.box_rows, random);
  symmetry.columns = shuffled_lines(shape.size(), shape.box_columns, random);
  symmetry.digits = counting(shape.size());
  shuffle(std::span(symmetry.digits), random);
  return symmetry;
}

std::vector<uint8_t> apply(const SudokuSymmetry& symmetry, const SudokuShape& shape,
                           std::span<const uint8_t> tokens) {
  const size_t size = shape.size();
  std::vector<uint8_t> from(tokens.begin(), tokens.end()), to(tokens.size());
  if (symmetry.is_transposed) from = transposed(size, tokens);
  for (size_t cell = 0; cell < to.size(); ++cell) {
    const uint8_t token = from[symmetry.rows[cell / size] * size + symmetry.columns[cell % size]];
    to[cell] = token < kSudokuOne
                   ? token
                   : static_cast<uint8_t>(symmetry.digits[token - kSudokuOne] + kSudokuOne);
  }
  return to;
}

std::string canonical_sudoku(const SudokuShape& shape, std::span<const uint8_t> tokens) {
  std::vector<uint8_t> digits(tokens.size());
  std::transform(tokens.begin(), tokens.end(), digits.begin(), [](uint8_t token) {
    return static_cast<uint8_t>(token < kSudokuOne ? 0 : token - kSudokuOne + 1);
  });
  std::vector<std::vector<uint8_t>> orders;
  add_column_orders(shape, {}, orders);
  Canonical canonical(shape);
  canonical.offer(digits, orders);
  if (shape.box_rows == shape.box_columns) {
    canonical.offer(transposed(shape.size(), digits), orders);
  }
  return canonical.best();
}

std::string sudoku_invariant(const SudokuShape& shape, std::span<const uint8_t> tokens) {
  const size_t size = shape.size();
  std::string rows(size, '0'), columns = rows, boxes = rows, digits = rows;
  for (size_t cell = 0; cell < tokens.size(); ++cell) {
    if (tokens[cell] < kSudokuOne) continue;
    ++rows[shape.row_of(cell)];
    ++columns[shape.column_of(cell)];
    ++boxes[shape.box_of(cell)];
    ++digits[tokens[cell] - size_t{kSudokuOne}];
  }
  for (std::string* counts : {&rows, &columns, &boxes, &digits}) {
    std::sort(counts->begin(), counts->end());
  }
  if (shape.box_rows == shape.box_columns && columns < rows) std::swap(rows, columns);
  return rows + columns + boxes + digits;
}

}  // namespace greylag
