// SPDX-License-Identifier: Apache-2.0
// Which side, training or test, does a new puzzle go to, so that no test puzzle can be turned into
// a training puzzle? All puzzles of one canonical form go to the same side. Small Sudokus have few
// forms (36 minimal ones at 4 x 4), so a form is not used up by one puzzle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace greylag {

enum class Side { Train, Test };

class ClassSplit {
 public:
  ClassSplit(int64_t train, int64_t test) : wanted_{train, test} {}
  // exact: the puzzle itself; form: canonical. Nothing when the puzzle has come before or its side
  // is full.
  std::optional<Side> place(const std::string& exact, const std::string& form);
  bool is_full() const { return placed_[0] >= wanted_[0] && placed_[1] >= wanted_[1]; }
  int64_t placed() const { return placed_[0] + placed_[1]; }

 private:
  bool is_full(Side side) const { return room(side) <= 0; }
  int64_t room(Side side) const {
    return wanted_[static_cast<int>(side)] - placed_[static_cast<int>(side)];
  }
  Side side_of_new_form() const;

  int64_t wanted_[2];  // by Side
  int64_t placed_[2] = {0, 0};
  int64_t test_forms_ = 0;
  std::unordered_map<std::string, Side> forms_;
  std::unordered_set<std::string> seen_;
};

}  // namespace greylag
