// SPDX-License-Identifier: Apache-2.0
// The RWKV-7 of core/model once more, on LibTorch autograd, for training (facts 1.2). Parameters
// are f32 whatever the file's dtype. tests/core/train ties the two forwards together.
// One thread; LibTorch's own threads compute.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/config.h"
#include "core/model/weights.h"

namespace greylag::train {

// One low-rank pair beside a frozen matrix: y = W x + scale B (A x).
struct LoraPair {
  at::Tensor a;  // [rank, in]
  at::Tensor b;  // [out, rank]
};

struct Lora {
  double scale = 1.0;                                             // alpha / rank
  std::vector<std::array<LoraPair, kAdapterTargetCount>> layers;  // L; undefined = not adapted
};

class Rwkv7Autograd {
 public:
  // parameters by checkpoint name, as in the file. BadFile when one is missing.
  static Result<Rwkv7Autograd> create(const Config& config,
                                      std::map<std::string, at::Tensor> parameters);

  const Config& config() const { return config_; }
  std::map<std::string, at::Tensor>& parameters() { return parameters_; }
  const std::map<std::string, at::Tensor>& parameters() const { return parameters_; }
  const at::Tensor& at(const std::string& name) const { return parameters_.at(name); }
  bool has(const std::string& name) const { return parameters_.count(name) != 0; }

  // Adds trained parts beside the parameters; replaces what was there.
  void set_lora(Lora lora) { lora_ = std::move(lora); }
  const Lora& lora() const { return lora_; }
  // One initial state [H, N, N] (value, key) per layer; empty = zero, or the checkpoint's own
  // blocks.l.att.time_state.
  void set_time_state(std::vector<at::Tensor> states) { time_state_ = std::move(states); }
  const std::vector<at::Tensor>& time_state() const { return time_state_; }

  // Recompute each block in the backward pass instead of keeping its activations.
  void set_recompute(bool is_on) { is_recomputing_ = is_on; }

  // tokens [B, T] int64 in [0, V) -> hidden states after ln_out [B T, C].
  at::Tensor hidden(const at::Tensor& tokens) const;
  // -> logits [B, T, V].
  at::Tensor forward(const at::Tensor& tokens) const;
  const at::Tensor& head() const { return parameters_.at("head.weight"); }

  // Bytes of activations that training on one token keeps without recomputation.
  static uint64_t activation_bytes_per_token(const Config& config);

 private:
  // Residual stream [B T, C] and layer 0's values, which all later layers see.
  struct Stream {
    at::Tensor x, v_first;
  };
  struct RecomputeFunction;
  Stream block(int64_t layer, const Stream& in, int64_t batch) const;
  Stream recomputed_block(int64_t layer, const Stream& in, int64_t batch) const;
  at::Tensor time_mix(int64_t layer, const at::Tensor& x, int64_t batch, at::Tensor* v_first) const;
  at::Tensor channel_mix(int64_t layer, const at::Tensor& x, int64_t batch) const;
  at::Tensor initial_state(int64_t layer, int64_t batch) const;
  // W x + LoRA [+ residual].
  at::Tensor linear(int64_t layer, AdapterTarget target, const at::Tensor& x,
                    const at::Tensor& residual) const;
  const at::Tensor& layer(int64_t index, const char* name) const;

  Config config_;
  std::map<std::string, at::Tensor> parameters_;
  Lora lora_;
  std::vector<at::Tensor> time_state_;
  bool is_recomputing_ = false;
};

}  // namespace greylag::train
