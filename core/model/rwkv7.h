// SPDX-License-Identifier: Apache-2.0
// The RWKV-7 forward pass, written once over the op table (facts 1.2). No I/O, no sampling, no
// threads; no allocation per token once the workspace has grown to the largest batch.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/model/batch.h"
#include "core/model/state_pool.h"
#include "core/model/weights.h"

namespace greylag {

class OpClock;

// Used by one thread at a time; weights may be shared by several models' objects.
class Rwkv7 {
 public:
  Rwkv7(std::shared_ptr<const Weights> weights, gpu::Device& device, gpu::Queue& queue);
  ~Rwkv7();
  const Config& config() const { return weights_->config; }

  // Brings a slot to where conversations with this model start: the file's own time_state, else
  // zero.
  void start(StatePool& pool, const StateSlot& slot) const;

  // Runs the batch and updates the slots' states. logits: [batch.logit_rows.size(), V] host floats,
  // row i for logit_rows[i]. hidden (may be empty): [M, C], outputs of ln_out for all rows.
  // The result of a sequence does not depend on what else is in the batch, bit for bit.
  // Errors: InvalidArgument (token out of range, adapter of another shape).
  Status forward(const Batch& batch, StatePool& pool, std::span<float> logits,
                 std::span<float> hidden = {});

  // Whether products with relu^2 leave out its zeros (the default); changes speed, not one bit.
  void set_sparse(bool is_sparse) { is_sparse_ = is_sparse; }

  // From now on every op is waited for and its time added to the clock, which must outlive the
  // model or be replaced; null (the default) costs nothing.
  void set_clock(OpClock* clock) { clock_ = clock; }

 private:
  struct Workspace;
  class Pass;
  std::shared_ptr<const Weights> weights_;
  gpu::Device& device_;
  gpu::Queue& queue_;
  std::unique_ptr<Workspace> workspace_;
  bool is_sparse_ = true;
  OpClock* clock_ = nullptr;
};

}  // namespace greylag
