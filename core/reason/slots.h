// SPDX-License-Identifier: Apache-2.0
// Which puzzle does each place of the batch work on, and when does it get another? The slots of
// deep supervision with adaptive halting (facts hrm.md 1.5, 1.10): one optimizer step is one
// segment of every slot. Plain numbers, no tensors. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "core/puzzle/puzzle_set.h"

namespace greylag::reason {

struct SlotRule {
  int64_t max_segments = 16;  // M
  bool has_continue = false;  // HRM: halt when q_halt > q_continue; else when q_halt > 0
  double exploration = 0.1;   // share of steps at which a slot must reach a random minimum
};

struct Slot {
  int64_t example = -1;
  int32_t puzzle_id = 0;
  int64_t steps = 0;      // segments done
  bool is_halted = true;  // takes a puzzle before the next segment
};

class Slots {
 public:
  Slots(int64_t count, const SlotRule& rule);

  // Every halted slot takes the item of its index and starts over. The items of the other indices
  // are never asked for: they are dropped, as in facts 1.5. Returns the slots that changed, rising.
  std::vector<int64_t> refill(const std::function<PuzzleOrder::Item(int64_t index)>& item);

  // Ends a segment: q [count, 2] (halt, continue), row by row. With the probability of exploration
  // a slot goes on until it has done a uniform number of segments in {2..M}; M always ends it.
  void advance(std::span<const double> q, CounterRandom& random);

  // Whether slot i did its M-th segment.
  bool is_last(size_t i) const { return slots_[i].steps >= rule_.max_segments; }
  // All take a puzzle next: how a run goes on after latents that are not finite.
  void halt_all();

  const std::vector<Slot>& all() const { return slots_; }
  // Of a checkpoint; as many as there are.
  void restore(std::vector<Slot> slots) { slots_ = std::move(slots); }

 private:
  SlotRule rule_;
  std::vector<Slot> slots_;
};

}  // namespace greylag::reason
