// SPDX-License-Identifier: Apache-2.0
// A stack of RWKV-7 blocks (time mix, channel mix; facts 1.2) on LibTorch autograd: the layers of a
// model, and the modules of an HRM core at its own width. Weights are found by name behind a
// prefix; the recurrent state starts anew in every run. One thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/weights.h"

namespace greylag::train {

// f32 tensors by the name that they have in their file.
using Parameters = std::map<std::string, at::Tensor>;

// One low-rank pair beside a frozen matrix: y = W x + scale B (A x).
struct LoraPair {
  at::Tensor a;  // [rank, in]
  at::Tensor b;  // [out, rank]
};

struct Lora {
  double scale = 1.0;                                             // alpha / rank
  std::vector<std::array<LoraPair, kAdapterTargetCount>> layers;  // L; undefined = not adapted
};

class BlockStack {
 public:
  struct Shape {
    int64_t blocks = 0;
    int64_t width = 0;  // C
    int64_t head_size = 64;
  };
  // Residual stream [B T, C] and block 0's values, which all later blocks see.
  struct Stream {
    at::Tensor x, v_first;
  };

  BlockStack() = default;
  // Block j's weights are parameters[prefix + "blocks.j." + ...]; the map is shared, not copied.
  BlockStack(const Shape& shape, std::string prefix, std::shared_ptr<const Parameters> parameters)
      : shape_(shape), prefix_(std::move(prefix)), parameters_(std::move(parameters)) {}

  // The names that the blocks need; block 0 has no value residual.
  static std::vector<std::string> names(int64_t blocks, const std::string& prefix);

  // Adds trained parts beside the weights; replaces what was there.
  void set_lora(Lora lora) { lora_ = std::move(lora); }
  const Lora& lora() const { return lora_; }
  // One initial state [H, N, N] (value, key) per block; empty = zero, or the file's own
  // blocks.j.att.time_state.
  void set_time_state(std::vector<at::Tensor> states) { time_state_ = std::move(states); }
  const std::vector<at::Tensor>& time_state() const { return time_state_; }
  // Recompute each block in the backward pass instead of keeping its activations. The stack must
  // stay where it is until that pass has ended.
  void set_recompute(bool is_on) { is_recomputing_ = is_on; }

  // Blocks begin .. end - 1 over B = batch sequences. begin > 0 needs the v_first of block 0.
  Stream run(Stream in, int64_t batch, int64_t begin, int64_t end) const;
  // All blocks.
  at::Tensor run(const at::Tensor& x, int64_t batch) const {
    return run(Stream{x, {}}, batch, 0, shape_.blocks).x;
  }

 private:
  struct RecomputeFunction;
  Stream block(int64_t index, const Stream& in, int64_t batch) const;
  Stream recomputed_block(int64_t index, const Stream& in, int64_t batch) const;
  at::Tensor time_mix(int64_t index, const at::Tensor& x, int64_t batch, at::Tensor* v_first) const;
  at::Tensor channel_mix(int64_t index, const at::Tensor& x, int64_t batch) const;
  at::Tensor initial_state(int64_t index, int64_t batch) const;
  // W x + LoRA [+ residual].
  at::Tensor linear(int64_t index, AdapterTarget target, const at::Tensor& x,
                    const at::Tensor& residual) const;
  std::string name(int64_t index, const char* part) const;
  const at::Tensor& at(int64_t index, const char* part) const;

  Shape shape_;
  std::string prefix_;
  std::shared_ptr<const Parameters> parameters_;
  Lora lora_;
  std::vector<at::Tensor> time_state_;
  bool is_recomputing_ = false;
};

// LayerNorm over the last dimension, eps 1e-5.
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace greylag::train
