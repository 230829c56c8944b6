// SPDX-License-Identifier: Apache-2.0
#include "tests/core/reason/small_puzzle.h"

#include <ATen/ATen.h>

#include "core/base/random.h"
#include "core/reason/initial_puzzle.h"

namespace greylag::reason {

PuzzleConfig small_config(const std::string& recipe, int64_t width) {
  const bool is_narrow_rwkv = recipe == "rwkv" && width < 256;
  PuzzleConfig config =
      puzzle_recipe(recipe, "sudoku", 4, 4, 6, is_narrow_rwkv ? 256 : width).value();
  if (is_narrow_rwkv) {
    config.scan = PuzzleScan::Alternating;
    config.width = config.puzzle_width = width;
    config.heads = width / 64;
  }
  config.blocks = 2;
  config.inner = 64;
  config.mixer_inner = 48;
  config.recursion = {2, 2};
  config.prefix = 2;
  return config;
}

PuzzleNet small_net(const PuzzleConfig& config, uint64_t seed, at::ScalarType dtype) {
  Parameters parameters = initial_puzzle(config, seed);
  for (const char* name : {"puz.q.weight", "puz.id.weight"}) {
    CounterRandom random(seed, 1000);
    at::Tensor& tensor = parameters.at(name);
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      tensor.data_ptr<float>()[i] = static_cast<float>(random.uniform() - 0.5) * 0.2f;
    }
  }
  for (auto& [name, tensor] : parameters) {
    tensor = tensor.to(dtype);
    if (name != "puz.zH0" && name != "puz.zL0") tensor.requires_grad_();
  }
  return PuzzleNet::create(config, std::move(parameters)).value();
}

at::Tensor some_tokens(int64_t batch, uint64_t seed) {
  at::Tensor tokens = at::empty({batch, 16}, at::kLong);
  CounterRandom random(seed, 7);
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    tokens.data_ptr<int64_t>()[i] = static_cast<int64_t>(1 + random.below(5));
  }
  return tokens;
}

at::Tensor puzzle_rows(const PuzzleNet& net, int64_t batch) {
  return at::embedding(net.at("puz.id.weight"), at::zeros({batch}, at::kLong));
}

at::Tensor some_loss(const PuzzleSegment& segment) {
  const at::Tensor logits = segment.logits.to(at::kDouble);
  const at::Tensor weight =
      at::sin(at::arange(logits.numel(), at::TensorOptions().dtype(at::kDouble))).view_as(logits);
  return (logits * weight).sum() * 0.1 + segment.q.to(at::kDouble).square().sum() * 0.05;
}

}  // namespace greylag::reason
