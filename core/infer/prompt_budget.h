// SPDX-License-Identifier: Apache-2.0
// How many prompt tokens does each reader get in a step? Half of the budget goes to those who have
// least left, so that a short prompt is read within a few steps beside any long one; the other half
// is shared evenly, so that the longest goes on in every step, however many short ones come.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace greylag {

// left[i]: prompt tokens that session i has yet to read, 0 when it reads no more. The shares, in
// the same order: at most left[i] each, and min(budget, sum of left) together.
std::vector<int64_t> share_prompt_budget(int64_t budget, std::span<const int64_t> left);

}  // namespace greylag
