// SPDX-License-Identifier: Apache-2.0
// New forms go to the sides in the proportion of the puzzles wanted there, as long as both have
// room.
#include "core/puzzle/class_split.h"

namespace greylag {

Side ClassSplit::side_of_new_form() const {
  if (is_full(Side::Test)) return Side::Train;
  if (is_full(Side::Train)) return Side::Test;
  const double share =
      static_cast<double>(wanted_[1]) / static_cast<double>(wanted_[0] + wanted_[1]);
  const auto forms = static_cast<double>(forms_.size() + 1);
  return static_cast<double>(test_forms_) < share * forms ? Side::Test : Side::Train;
}

std::optional<Side> ClassSplit::place(const std::string& exact, const std::string& form) {
  if (seen_.contains(exact)) return std::nullopt;
  auto known = forms_.find(form);
  if (known == forms_.end()) {
    const Side side = side_of_new_form();
    if (side == Side::Test) ++test_forms_;
    known = forms_.emplace(form, side).first;
  }
  if (is_full(known->second)) return std::nullopt;
  seen_.insert(exact);
  ++placed_[static_cast<int>(known->second)];
  return known->second;
}

}  // namespace greylag
