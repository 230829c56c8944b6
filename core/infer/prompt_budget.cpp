// SPDX-License-Identifier: Apache-2.0
#include "core/infer/prompt_budget.h"

#include <algorithm>

namespace greylag {

std::vector<int64_t> share_prompt_budget(int64_t budget, std::span<const int64_t> left) {
  std::vector<int64_t> shares(left.size(), 0);
  std::vector<size_t> readers;  // least left first; of equal ones the older
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i] > 0) readers.push_back(i);
  }
  std::ranges::stable_sort(readers, {}, [&](size_t i) { return left[i]; });

  // What a short one leaves of its even share goes to the longer ones behind it.
  int64_t even = budget / 2;
  for (size_t rank = 0; rank < readers.size(); ++rank) {
    const size_t reader = readers[rank];
    const auto readers_left = static_cast<int64_t>(readers.size() - rank);
    shares[reader] = std::min(left[reader], even / readers_left);
    even -= shares[reader];
  }
  int64_t rest = budget - budget / 2 + even;
  for (const size_t reader : readers) {
    const int64_t more = std::min(left[reader] - shares[reader], rest);
    shares[reader] += more;
    rest -= more;
  }
  return shares;
}

}  // namespace greylag
