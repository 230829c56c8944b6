// SPDX-License-Identifier: Apache-2.0
#include "core/reason/slots.h"

namespace greylag::reason {

Slots::Slots(int64_t count, const SlotRule& rule)
    : rule_(rule), slots_(static_cast<size_t>(count)) {}

std::vector<int64_t> Slots::refill(const std::function<PuzzleOrder::Item(int64_t index)>& item) {
  std::vector<int64_t> changed;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].is_halted) continue;
    const auto index = static_cast<int64_t>(i);
    const PuzzleOrder::Item next = item(index);
    slots_[i] = {.example = next.example, .puzzle_id = next.puzzle_id, .is_halted = false};
    changed.push_back(index);
  }
  return changed;
}

void Slots::advance(std::span<const double> q, CounterRandom& random) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    ++slot.steps;
    const double halt = q[2 * i], against = rule_.has_continue ? q[2 * i + 1] : 0.0;
    slot.is_halted = is_last(i) || halt > against;
    // Both numbers are drawn for every slot, so that what one draws depends on the step alone.
    const bool is_exploring = random.uniform() < rule_.exploration;
    const auto choices = static_cast<uint64_t>(rule_.max_segments > 1 ? rule_.max_segments - 1 : 1);
    const auto least = static_cast<int64_t>(2 + random.below(choices));
    if (is_exploring && !is_last(i)) slot.is_halted = slot.is_halted && slot.steps >= least;
  }
}

void Slots::halt_all() {
  for (Slot& slot : slots_) slot.is_halted = true;
}

}  // namespace greylag::reason
