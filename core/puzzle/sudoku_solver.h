// SPDX-License-Identifier: Apache-2.0
// How many answers does a Sudoku have, and how hard is it? Backtracking over bit masks, always at
// the cell with the fewest candidates. The rating is the number of guesses, that is of digits tried
// at cells with two candidates or more, until the search is over (facts hrm.md 1.8 name a
// backtracking rating; theirs comes from another solver, so the numbers compare only in kind).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "core/puzzle/sudoku.h"

namespace greylag {

struct SudokuLimits {
  int64_t answers = 2;          // stop when so many are found; 2 proves or refutes uniqueness
  int64_t guesses = 1'000'000;  // give up after so many, some tenths of a second
};

struct SudokuSearch {
  int64_t answers = 0;  // found, at most the limit
  int64_t guesses = 0;
  bool has_given_up = false;   // the guesses ran out: `answers` is a lower bound
  std::vector<uint8_t> first;  // the first answer found, [cells]; empty without one

  bool is_unique() const { return answers == 1 && !has_given_up; }
};

// puzzle: [cells]. A puzzle that breaks a rule has no answer. With `random`, candidates are tried
// in random order (a blank grid then gives a random full one); else from the lowest.
SudokuSearch solve_sudoku(const SudokuShape& shape, std::span<const uint8_t> puzzle,
                          const SudokuLimits& limits = {}, CounterRandom* random = nullptr);

}  // namespace greylag
