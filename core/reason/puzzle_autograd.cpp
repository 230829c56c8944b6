// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_autograd.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace greylag::reason {

namespace {

at::ScalarType compute_type_of(const at::Tensor& weight) {
  return weight.is_cuda() ? at::kBFloat16 : weight.scalar_type();
}

bool has_shape(const at::Tensor& tensor, const gpu::Shape& shape) {
  if (tensor.dim() != shape.rank()) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (tensor.size(i) != shape[i]) return false;
  }
  return true;
}

}  // namespace

PuzzleNet::PuzzleNet(const PuzzleConfig& config, Parameters parameters, at::ScalarType compute)
    : config_(config),
      parameters_(std::move(parameters)),
      compute_(compute),
      tables_(make_puzzle_tables(
          config_, at("puz.emb.weight").options().dtype(accumulation_type(compute_)))) {}

Result<PuzzleNet> PuzzleNet::create(const PuzzleConfig& config, Parameters parameters,
                                    std::optional<at::ScalarType> compute) {
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    const auto found = parameters.find(tensor.name);
    if (found == parameters.end()) {
      return Error{ErrorCode::BadFile, "the reasoner has no tensor " + tensor.name};
    }
    if (!has_shape(found->second, tensor.shape)) {
      return Error{ErrorCode::BadFile,
                   fmt::format("{} has another shape than {}", tensor.name, tensor.shape.text())};
    }
  }
  const at::Tensor& weight = parameters.at("puz.emb.weight");
  if (config.mixer == PuzzleMixer::Rwkv7 &&
      !(weight.is_cpu() && compute.value_or(weight.scalar_type()) == at::kFloat)) {
    return Error{ErrorCode::InvalidArgument,
                 "the RWKV-7 mixer trains in f32 on the CPU only: take --device cpu, or a recipe "
                 "with the attention or mlp_t mixer (hrm-exact, trm)"};
  }
  const at::ScalarType chosen = compute.value_or(compute_type_of(weight));
  return PuzzleNet(config, std::move(parameters), chosen);
}

PuzzleCarry PuzzleNet::start(int64_t batch) const {
  const at::NoGradGuard no_grad;
  const auto spread = [&](const char* name) {
    return at(name).to(compute_).expand({batch, config_.positions(), config_.width}).contiguous();
  };
  return {spread("puz.zH0"), spread("puz.zL0")};
}

at::Tensor PuzzleNet::embed(const at::Tensor& tokens, const at::Tensor& puzzle_rows) const {
  const int64_t batch = tokens.size(0), width = config_.width;
  const int64_t missing = config_.prefix * width - config_.puzzle_width;
  at::Tensor puzzle = puzzle_rows;
  if (missing > 0) puzzle = at::constant_pad_nd(puzzle, {0, missing});
  at::Tensor e = at::cat(
      {puzzle.view({batch, config_.prefix, width}), at::embedding(at("puz.emb.weight"), tokens)},
      1);
  double scale = std::sqrt(static_cast<double>(width));
  if (config_.has_positions) {
    e = e + at("puz.pos.weight");
    scale *= std::numbers::sqrt2 / 2;
  }
  return (e * scale).to(compute_);
}

PuzzleSegment PuzzleNet::segment(const PuzzleCarry& carry, const at::Tensor& tokens,
                                 const at::Tensor& puzzle_rows, int64_t grad_calls) const {
  const Recursion& recursion = config_.recursion;
  const int64_t recorded = grad_calls == kLastCycle ? recursion.l_cycles + 1 : grad_calls;
  const int64_t first_recorded = recursion.calls() - recorded;
  const bool is_learning = at::GradMode::is_enabled();
  const at::Tensor e = embed(tokens, puzzle_rows);
  const auto module = [&](const char* name) {
    return PuzzleModule(config_, tables_, name, parameters_, compute_);
  };
  const PuzzleModule high = module(config_.is_shared ? "F" : "H");
  const PuzzleModule low = config_.is_shared ? high : module("L");
  at::Tensor z_high = carry.z_high, z_low = carry.z_low;
  recursion.for_each_call(recursion.h_cycles, [&](const Recursion::Call& call) {
    const at::AutoGradMode mode(is_learning && call.number >= first_recorded);
    if (call.is_high) {
      z_high = high.run(z_high + z_low);
    } else {
      z_low = low.run(z_low + (z_high + e));
    }
  });
  PuzzleSegment out;
  const at::Tensor cells = z_high.narrow(1, config_.prefix, config_.cells());
  out.logits = at::linear(cells, at("puz.head.weight").to(compute_));
  const at::Tensor read = config_.is_mean_readout
                              ? z_high.mean(at::IntArrayRef{1}, false, accumulation_type(compute_))
                              : z_high.select(1, 0).to(accumulation_type(compute_));
  out.q = at::linear(read, at("puz.q.weight"), at("puz.q.bias"));
  out.carry = {z_high.detach(), z_low.detach()};
  return out;
}

}  // namespace greylag::reason
