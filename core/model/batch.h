// SPDX-License-Identifier: Apache-2.0
// One forward pass over several sequences: tokens of all of them, one after the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/weights.h"
#include "gpu/op_table.h"

namespace greylag {

struct Batch {
  std::vector<int32_t> tokens;                  // M, each in [0, V)
  std::vector<gpu::SequenceSpan> spans;         // one per sequence; cover all rows
  std::vector<const AdapterWeights*> adapters;  // one per span; null = base model
  std::vector<int32_t> logit_rows;              // sorted rows that want logits

  void clear();
  // Adds a sequence; wants_logits: of its last row only.
  void add(std::span<const int32_t> sequence, int32_t slot, const AdapterWeights* adapter,
           bool wants_logits);
};

// InvalidArgument: a token outside [0, V); an adapter of another shape than the model; spans that
// do not cover the rows in order, or share one of the pool's `slots`.
Status check_tokens(const Config& config, std::span<const int32_t> tokens);
Status check_adapter(const Config& config, const AdapterWeights& adapter);
Status check_batch(const Config& config, const Batch& batch, int32_t slots);

}  // namespace greylag
