// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_module.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/model/puzzle_scan.h"
#include "gpu/torch/blocks.h"

namespace greylag::reason {

namespace {

constexpr int64_t kHeadSize = 64;
constexpr double kGroupNormEpsilon = 1e-5 * kHeadSize;

at::Tensor low_rank(const at::Tensor& inner, const at::Tensor& second, const at::Tensor& bias) {
  return at::addmm(bias.view({-1}), inner, second);
}

at::Tensor index_of(const std::vector<int64_t>& values) {
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.data_ptr<int64_t>());
  return out;
}

PuzzleTables::Scan make_scan(const PuzzleConfig& config, int64_t block) {
  const int64_t groups = scan_groups(config);
  std::vector<int64_t> there(static_cast<size_t>(config.positions() * groups)), back(there.size());
  for (int64_t g = 0; g < groups; ++g) {
    int64_t to = g;
    for (const int32_t position : scan_order(config, block, g)) {
      const int64_t from = position * groups + g;
      there[static_cast<size_t>(to)] = from;
      back[static_cast<size_t>(from)] = to;
      to += groups;
    }
  }
  return {index_of(there), index_of(back)};
}

}  // namespace

PuzzleTables make_puzzle_tables(const PuzzleConfig& config, const at::TensorOptions& options) {
  PuzzleTables tables;
  if (config.has_rotary) {
    tables.rotary = make_rotary(config.positions(), config.width / config.heads, options);
  }
  if (config.mixer == PuzzleMixer::Rwkv7) {
    for (int64_t block = 0; block < config.blocks; ++block) {
      tables.scans.push_back(make_scan(config, block));
    }
  }
  return tables;
}

PuzzleModule::PuzzleModule(const PuzzleConfig& config, const PuzzleTables& tables,
                           const std::string& name, const Parameters& parameters,
                           at::ScalarType compute)
    : config_(config), tables_(tables), blocks_(static_cast<size_t>(config.blocks)) {
  for (size_t j = 0; j < blocks_.size(); ++j) {
    const std::string prefix = fmt::format("puz.{}.blocks.{}.", name, j);
    for (auto it = parameters.lower_bound(prefix);
         it != parameters.end() && it->first.starts_with(prefix); ++it) {
      const std::string part = it->first.substr(prefix.size());
      const bool is_mix = part.starts_with("mix.");
      Parameters& to = is_mix ? blocks_[j].mix : blocks_[j].ff;
      to.emplace(part.substr(is_mix ? 4 : 3), it->second.to(compute));
    }
  }
}

at::Tensor PuzzleModule::run(const at::Tensor& input) const {
  at::Tensor x = input, v_first;
  for (size_t j = 0; j < blocks_.size(); ++j) {
    x = rms_norm(x + mix(j, x, &v_first));
    x = rms_norm(x + feed_forward(j, x));
  }
  return x;
}

at::Tensor PuzzleModule::mix(size_t index, const at::Tensor& x, at::Tensor* v_first) const {
  const Parameters& p = blocks_[index].mix;
  switch (config_.mixer) {
    case PuzzleMixer::Attention:
      return attention(x, p.at("qkv.weight"), p.at("out.weight"), config_.heads, tables_.rotary);
    case PuzzleMixer::Mlp:
      return swiglu(x.transpose(1, 2), p.at("gate_up.weight"), p.at("down.weight")).transpose(1, 2);
    case PuzzleMixer::Rwkv7:
      break;
  }
  return time_mix(index, x, v_first);
}

at::Tensor PuzzleModule::reordered(const at::Tensor& x, const at::Tensor& order) const {
  const int64_t width = config_.width, rows = order.size(0);
  const int64_t part = width * config_.positions() / rows;  // D / G
  return x.reshape({-1, rows, part}).index_select(1, order).view({-1, width});
}

std::vector<at::Tensor> PuzzleModule::shift(size_t index, const at::Tensor& x,
                                            const at::Tensor& mu) const {
  const PuzzleTables::Scan& scan = tables_.scans[index];
  const at::Tensor ordered =
      reordered(x, scan.there).view({-1, config_.positions(), config_.width});
  std::vector<at::Tensor> mixed = gpu::token_shift(ordered, mu);
  for (at::Tensor& branch : mixed) branch = reordered(branch, scan.back);
  return mixed;
}

// Time mix of rwkv7-and-training 1.2 without ln1; everything but the shift and the recurrence is
// per position and needs no order.
at::Tensor PuzzleModule::time_mix(size_t index, const at::Tensor& x, at::Tensor* v_first) const {
  const Parameters& p = blocks_[index].mix;
  const PuzzleTables::Scan& scan = tables_.scans[index];
  const int64_t width = config_.width, batch = x.size(0);
  const at::Tensor mu =
      at::cat({p.at("x_r"), p.at("x_w"), p.at("x_k"), p.at("x_v"), p.at("x_a"), p.at("x_g")})
          .view({6, width});
  const std::vector<at::Tensor> mixed = shift(index, x, mu);
  const at::Tensor &x_r = mixed[0], &x_w = mixed[1], &x_k = mixed[2], &x_v = mixed[3],
                   &x_a = mixed[4], &x_g = mixed[5];
  const at::Tensor r = at::linear(x_r, p.at("receptance.weight"));
  const at::Tensor k = at::linear(x_k, p.at("key.weight"));
  at::Tensor v = at::linear(x_v, p.at("value.weight"));
  const at::Tensor d = low_rank(at::tanh(at::mm(x_w, p.at("w1"))), p.at("w2"), p.at("w0"));
  const at::Tensor alpha = at::sigmoid(low_rank(at::mm(x_a, p.at("a1")), p.at("a2"), p.at("a0")));
  const at::Tensor gate = at::mm(at::sigmoid(at::mm(x_g, p.at("g1"))), p.at("g2"));
  if (index == 0) {
    *v_first = v;
  } else {
    v = gpu::value_mix(v, *v_first,
                       at::sigmoid(low_rank(at::mm(x_v, p.at("v1")), p.at("v2"), p.at("v0"))));
  }
  const auto [k_out, a, b] =
      gpu::key_prep(k, alpha, p.at("k_k").view({width}), p.at("k_a").view({width}), kHeadSize);
  const auto there = [&](const at::Tensor& rows) { return reordered(rows, scan.there); };
  const at::Tensor y = reordered(gpu::wkv7(batch, kHeadSize, there(r), there(d), there(k_out),
                                           there(v), there(a), there(b), at::Tensor())[0],
                                 scan.back);
  const at::Tensor out = gpu::head_out({.y = y,
                                        .r = r,
                                        .k = k_out,
                                        .v = v,
                                        .gate = gate,
                                        .r_k = p.at("r_k").view({width}),
                                        .ln_w = p.at("ln_x.weight"),
                                        .ln_b = p.at("ln_x.bias")},
                                       kHeadSize, kGroupNormEpsilon);
  return at::linear(out, p.at("output.weight")).view(x.sizes());
}

at::Tensor PuzzleModule::feed_forward(size_t index, const at::Tensor& x) const {
  const Parameters& p = blocks_[index].ff;
  if (config_.feed_forward == PuzzleFeedForward::SwiGlu) {
    return swiglu(x, p.at("gate_up.weight"), p.at("down.weight"));
  }
  const at::Tensor mixed = shift(index, x, p.at("x_k").view({1, config_.width})).front();
  const at::Tensor inner = gpu::relu_squared(at::linear(mixed, p.at("key.weight")));
  return at::linear(inner, p.at("value.weight")).view(x.sizes());
}

}  // namespace greylag::reason
