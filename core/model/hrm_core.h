// SPDX-License-Identifier: Apache-2.0
// How does a reasoning core change what a language model is about to say? Per token, on the
// residual stream after block `tap` (facts hrm.md 4.3):
//   u = W_in nrm(h);  z_H = u, z_L = z0;  the calls of Recursion, each with recurrent states of its
//   own;  h += alpha strength sigmoid(w_g . nrm(h) + b_g) W_out z_H.
// Cost and state per token are constant. A core whose W_out is zero changes no bit.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/hrm_config.h"
#include "core/model/state_pool.h"
#include "core/model/weights.h"
#include "gpu/op_table.h"

namespace greylag {

class OpClock;

// Immutable, shared by the sequences that use it.
struct HrmWeights {
  HrmConfig config;
  gpu::Tensor in;                       // [d, C]
  gpu::Tensor z0;                       // [1, d] f32
  std::vector<LayerWeights> low, high;  // n each; high empty when shared
  gpu::Tensor out;                      // [C, d]
  float alpha = 1.0f;
  gpu::Tensor q_weight, q_bias;        // [1, d]; [1, 1] f32
  gpu::Tensor gate_weight, gate_bias;  // [1, C]; [1, 1] f32; empty without a gate
  std::string sha256;                  // of the file, or empty

  // BadFile, Cancelled, NoSpace (memory). progress as of Weights::load.
  static Result<std::shared_ptr<const HrmWeights>> load(
      CheckpointReader& reader, const std::string& sha256, gpu::Device& device,
      const std::function<bool(uint64_t, uint64_t)>& progress = {});
};

// Whether a saved state can go on with this core (null = none). InvalidArgument says why not.
Status check_core_state(const HostState& state, const HrmWeights* core);

// How a sequence uses its core.
struct HrmUse {
  float strength = 1.0f;  // times the file's alpha; 0 leaves the core out
  int32_t effort = 0;     // H-cycles, 1 .. N_H; 0 = all
  friend bool operator==(const HrmUse&, const HrmUse&) = default;
};

// The core at work on one device, with the states of its sequences. Used by one thread at a time.
class HrmCore {
 public:
  HrmCore(std::shared_ptr<const HrmWeights> weights, gpu::Device& device, gpu::Queue& queue,
          int32_t slots);
  ~HrmCore();
  const HrmWeights& weights() const { return *weights_; }
  const HrmConfig& config() const { return weights_->config; }
  // Nobody else holds the weights: no new sequence can ask for them.
  bool is_last_owner() const { return weights_.use_count() == 1; }
  // Layer p n + j: call p, block j.
  StatePool& states() { return states_; }
  const StatePool& states() const { return states_; }
  // A sequence's states with the core's name, for saving.
  std::shared_ptr<const CoreState> download(const StateSlot& slot);
  // Puts a sequence where the saved one was. InvalidArgument when it was under another core.
  Status upload(const StateSlot& slot, const CoreState& state);

  // x [M, C], the residual stream of these sequences, in place. spans cover rows [0, M), slots are
  // of states(). Enqueues; with halting it waits after each cycle to see who goes on.
  void run(const gpu::TensorView& x, std::span<const gpu::SequenceSpan> spans, const HrmUse& use,
           bool is_sparse, OpClock* clock);

 private:
  struct Workspace;
  class Pass;
  std::shared_ptr<const HrmWeights> weights_;
  gpu::Device& device_;
  gpu::Queue& queue_;
  StatePool states_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace greylag
