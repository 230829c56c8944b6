// SPDX-License-Identifier: Apache-2.0
#include "core/train/rwkv7_autograd.h"

#include <ATen/ATen.h>

namespace greylag::train {

Result<Rwkv7Autograd> Rwkv7Autograd::create(const Config& config, Parameters parameters) {
  std::vector<std::string> needed{"emb.weight",    "blocks.0.ln0.weight", "blocks.0.ln0.bias",
                                  "ln_out.weight", "ln_out.bias",         "head.weight"};
  for (std::string& name : BlockStack::names(config.layers, "")) needed.push_back(std::move(name));
  for (const std::string& name : needed) {
    if (parameters.count(name) == 0) {
      return Error{ErrorCode::BadFile, "the checkpoint has no tensor " + name};
    }
  }
  Rwkv7Autograd model;
  model.config_ = config;
  model.parameters_ = std::make_shared<Parameters>(std::move(parameters));
  model.stack_ =
      BlockStack({.blocks = config.layers, .width = config.width, .head_size = config.head_size},
                 "", model.parameters_);
  return model;
}

BlockStack::Stream Rwkv7Autograd::residual(const at::Tensor& tokens, int64_t upto_layer) const {
  TORCH_CHECK(tokens.dim() == 2 && tokens.size(0) > 0 && tokens.size(1) > 0, "tokens are [B, T]");
  BlockStack::Stream stream;
  stream.x = at::embedding(at("emb.weight"), tokens.reshape({-1}));
  stream.x = layer_norm(stream.x, at("blocks.0.ln0.weight"), at("blocks.0.ln0.bias"));
  return stack_.run(std::move(stream), tokens.size(0), 0, upto_layer);
}

at::Tensor Rwkv7Autograd::finish(BlockStack::Stream stream, int64_t batch,
                                 int64_t from_layer) const {
  stream = stack_.run(std::move(stream), batch, from_layer, config_.layers);
  return layer_norm(stream.x, at("ln_out.weight"), at("ln_out.bias"));
}

at::Tensor Rwkv7Autograd::hidden(const at::Tensor& tokens) const {
  return finish(residual(tokens, config_.layers), tokens.size(0), config_.layers);
}

at::Tensor Rwkv7Autograd::forward(const at::Tensor& tokens) const {
  return at::mm(hidden(tokens), head().t()).view({tokens.size(0), tokens.size(1), -1});
}

// Per token and layer, in floats of C: norms and residual 4, shifts 7, r k v d alpha gate and the
// low-rank inputs 9, wkv inputs 4, y and its tile states 5, output 2, ffn 9.
uint64_t Rwkv7Autograd::activation_bytes_per_token(const Config& config) {
  return static_cast<uint64_t>(config.layers * config.width) * 40u * sizeof(float);
}

}  // namespace greylag::train
