// SPDX-License-Identifier: Apache-2.0
#include "core/reason/initial_puzzle.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/train/block_init.h"
#include "core/train/truncated_normal.h"

namespace greylag::reason {

namespace {

constexpr float kFirstHalt = -5.0f;  // q at the start: never halt

// Place of a block's tensor from its name, puz.X.blocks.J.{mix,ff}.PART.
struct BlockName {
  int64_t block = 0;
  bool is_mix = false;
  std::string_view part;
};
BlockName parse_block_name(std::string_view name) {
  constexpr std::string_view kBlocks = ".blocks.";
  BlockName out;
  std::string_view rest = name.substr(name.find(kBlocks) + kBlocks.size());
  for (; rest.front() != '.'; rest.remove_prefix(1))
    out.block = out.block * 10 + rest.front() - '0';
  rest.remove_prefix(1);
  out.is_mix = rest.starts_with("mix.");
  out.part = rest.substr(rest.find('.') + 1);
  return out;
}

std::vector<float> truncated(const gpu::Shape& shape, double std, CounterRandom& random) {
  std::vector<float> out(static_cast<size_t>(shape.elements()));
  train::fill_truncated_normal(out, std, random);
  return out;
}

// Of a block; matrices here are all [out, in] but the low-rank ones, which end in a digit.
std::vector<float> block_values(const PuzzleConfig& config, const PuzzleTensor& tensor,
                                CounterRandom& random) {
  const BlockName name = parse_block_name(tensor.name);
  if (name.part.ends_with(".weight") && tensor.shape.rank() == 2) {
    return truncated(tensor.shape, 1.0 / std::sqrt(static_cast<double>(tensor.shape[1])), random);
  }
  const std::string part = std::string(name.is_mix ? "att." : "ffn.") + std::string(name.part);
  const train::BlockPlace place{.index = name.block, .count = config.blocks, .width = config.width};
  return train::initial_block_tensor(part, tensor.shape, place, train::BlockStart::Live, random);
}

std::vector<float> initial_values(const PuzzleConfig& config, const PuzzleTensor& tensor,
                                  CounterRandom& random) {
  const std::string& name = tensor.name;
  const double std = 1.0 / std::sqrt(static_cast<double>(config.width));
  if (name == "puz.zH0" || name == "puz.zL0") return truncated(tensor.shape, 1.0, random);
  if (name == "puz.emb.weight" || name == "puz.pos.weight" || name == "puz.head.weight") {
    return truncated(tensor.shape, std, random);
  }
  if (name == "puz.id.weight" || name == "puz.q.weight") {
    return std::vector<float>(static_cast<size_t>(tensor.shape.elements()));
  }
  if (name == "puz.q.bias") return {kFirstHalt, kFirstHalt};
  return block_values(config, tensor, random);
}

}  // namespace

Parameters initial_puzzle(const PuzzleConfig& config, uint64_t seed) {
  Parameters parameters;
  uint64_t stream = 0;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    CounterRandom random(seed, stream++);
    const std::vector<float> values = initial_values(config, tensor, random);
    std::vector<int64_t> sizes;
    for (int i = 0; i < tensor.shape.rank(); ++i) sizes.push_back(tensor.shape[i]);
    at::Tensor to = at::empty(sizes, at::kFloat);
    std::copy(values.begin(), values.end(), to.data_ptr<float>());
    parameters.emplace(tensor.name, std::move(to));
  }
  return parameters;
}

}  // namespace greylag::reason
