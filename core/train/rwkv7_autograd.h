// SPDX-License-Identifier: Apache-2.0
// The RWKV-7 of core/model once more, on LibTorch autograd, for training (facts 1.2). Parameters
// are f32 whatever the file's dtype. tests/core/train ties the two forwards together.
// One thread; LibTorch's own threads compute.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/config.h"
#include "core/train/block_stack.h"

namespace greylag::train {

class Rwkv7Autograd {
 public:
  // parameters by checkpoint name, as in the file. BadFile when one is missing.
  static Result<Rwkv7Autograd> create(const Config& config, Parameters parameters);

  const Config& config() const { return config_; }
  Parameters& parameters() { return *parameters_; }
  const Parameters& parameters() const { return *parameters_; }
  const at::Tensor& at(const std::string& name) const { return parameters_->at(name); }
  bool has(const std::string& name) const { return parameters_->count(name) != 0; }

  // As BlockStack's.
  void set_lora(Lora lora) { stack_.set_lora(std::move(lora)); }
  const Lora& lora() const { return stack_.lora(); }
  void set_time_state(std::vector<at::Tensor> states) { stack_.set_time_state(std::move(states)); }
  const std::vector<at::Tensor>& time_state() const { return stack_.time_state(); }
  void set_recompute(bool is_on) { stack_.set_recompute(is_on); }

  // tokens [B, T] int64 in [0, V) -> hidden states after ln_out [B T, C].
  at::Tensor hidden(const at::Tensor& tokens) const;
  // hidden in two parts, so that something can be added between them: the residual stream after the
  // first `upto_layer` layers, and what the layers from `from_layer` and ln_out make of it.
  BlockStack::Stream residual(const at::Tensor& tokens, int64_t upto_layer) const;
  at::Tensor finish(BlockStack::Stream stream, int64_t batch, int64_t from_layer) const;
  // -> logits [B, T, V].
  at::Tensor forward(const at::Tensor& tokens) const;
  const at::Tensor& head() const { return at("head.weight"); }

  // Bytes of activations that training on one token keeps without recomputation.
  static uint64_t activation_bytes_per_token(const Config& config);

 private:
  Config config_;
  std::shared_ptr<Parameters> parameters_;
  BlockStack stack_;
};

}  // namespace greylag::train
