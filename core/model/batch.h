// SPDX-License-Identifier: Apache-2.0
// One forward pass over several sequences: tokens of all of them, one after the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/hrm_core.h"
#include "core/model/weights.h"
#include "gpu/op_table.h"

namespace greylag {

// The reasoning core that a sequence is under.
struct SequenceCore {
  HrmCore* core = nullptr;  // null = none
  int32_t slot = 0;         // of core->states()
  HrmUse use;
  bool is_active() const { return core != nullptr && use.strength != 0.0f; }
  friend bool operator==(const SequenceCore&, const SequenceCore&) = default;
};

struct Batch {
  std::vector<int32_t> tokens;                  // M, each in [0, V)
  std::vector<gpu::SequenceSpan> spans;         // one per sequence; cover all rows
  std::vector<const AdapterWeights*> adapters;  // one per span; null = base model
  std::vector<SequenceCore> cores;              // one per span
  std::vector<int32_t> logit_rows;              // sorted rows that want logits

  void clear();
  // Adds a sequence; wants_logits: of its last row only.
  void add(std::span<const int32_t> sequence, int32_t slot, const AdapterWeights* adapter,
           bool wants_logits, const SequenceCore& core = {});
};

// InvalidArgument: a token outside [0, V); an adapter or a core of another shape than the model;
// spans that do not cover the rows in order, or share one of the pool's `slots`, or one of a
// core's.
Status check_tokens(const Config& config, std::span<const int32_t> tokens);
Status check_core(const Config& config, const SequenceCore& core);
Status check_adapter(const Config& config, const AdapterWeights& adapter);
Status check_batch(const Config& config, const Batch& batch, int32_t slots);

}  // namespace greylag
