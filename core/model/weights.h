// SPDX-License-Identifier: Apache-2.0
// The tensors of a loaded RWKV-7, immutable after load and shared by all its sessions. Matrices
// keep the file's dtype (f32, f16, bf16; the large ones also block formats); vectors are f32. ln0
// is folded into nothing, for it takes less than 0.1 % of a step: the embedding stays as in the
// file. Matrices lie in the device's own layout (Device::upload_matrix).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/model/config.h"
#include "gpu/device.h"

namespace greylag {

struct LayerWeights {
  gpu::Tensor ln1_weight, ln1_bias, ln2_weight, ln2_bias;  // [C]
  gpu::Tensor att_mix;                                     // [6, C]: r w k v a g
  gpu::Tensor w0, a0, v0, k_k, k_a;                        // [C]; v0 empty in layer 0
  gpu::Tensor r_k;                                         // [H, N]
  gpu::Tensor w1, a1, v1, g1;                              // [rank, C] (transposed from the file)
  gpu::Tensor w2, a2, v2, g2;                              // [C, rank] (transposed from the file)
  gpu::Tensor receptance, key, value, output;              // [C, C]
  gpu::Tensor ln_x_weight, ln_x_bias;                      // [C]
  gpu::Tensor ffn_mix;                                     // [1, C]
  gpu::Tensor ffn_key;                                     // [4C, C]
  gpu::Tensor ffn_value;                                   // [C, 4C]
};

struct Weights {
  Config config;
  gpu::Tensor embedding;                   // [V, C]
  gpu::Tensor ln0_weight, ln0_bias;        // [C]
  std::vector<LayerWeights> layers;        // L
  gpu::Tensor ln_out_weight, ln_out_bias;  // [C]
  gpu::Tensor head;                        // [V, C]
  // att.time_state of a model with a tuned state in it: [L, H, N, N] f32 (value, key) on the host;
  // empty in most files. Where conversations start that bring no state of their own.
  std::vector<float> time_state;

  // progress(done, total bytes) returns false to cancel. BadFile, Cancelled, NoSpace (memory).
  static Result<std::shared_ptr<const Weights>> load(
      CheckpointReader& reader, gpu::Device& device,
      const std::function<bool(uint64_t, uint64_t)>& progress = {});
};

// The six matrices of a layer that adapters may change.
enum class AdapterTarget { Receptance, Key, Value, Output, FfnKey, FfnValue };
inline constexpr int kAdapterTargetCount = 6;
// "att.receptance", "att.key", "att.value", "att.output", "ffn.key", "ffn.value"
const char* adapter_target_name(AdapterTarget target);

// An adapter on a device: y += scale * B (A x), and layer norms in place of the base's. Immutable,
// shared by the sessions that use it.
struct AdapterWeights {
  struct Pair {
    gpu::Tensor a;  // [rank, in] f32
    gpu::Tensor b;  // [out, rank] f32
  };
  // What stands in for a layer norm of the base; an empty tensor leaves the base's.
  struct Norm {
    gpu::Tensor weight, bias;  // [C] f32
  };
  struct LayerNorms {
    Norm ln1, ln2, ln_x;
  };
  float scale = 1.0f;                                         // alpha / rank
  std::vector<std::array<Pair, kAdapterTargetCount>> layers;  // L; empty pairs are skipped
  std::vector<LayerNorms> norms;  // L; empty: no norm is replaced, ln0 and ln_out neither
  Norm ln0, ln_out;
};

}  // namespace greylag
