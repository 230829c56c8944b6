// SPDX-License-Identifier: Apache-2.0
// A token that rests is not in the later calls: its rows are left out of them, so its states stay
// as they are.
#include "core/model/hrm_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>

#include "core/model/blocks.h"
#include "core/model/weight_loader.h"

namespace greylag {
namespace {

using gpu::Activation;
using gpu::DType;
using gpu::Product;
using gpu::SequenceSpan;
using gpu::TensorView;

constexpr float kNormEps = 1e-5f;  // of nrm

std::vector<LayerWeights> load_module(WeightLoader& loader, const HrmConfig& config,
                                      HrmModule which) {
  std::vector<LayerWeights> blocks;
  for (int64_t j = 0; j < config.blocks(); ++j) {
    const std::string name = fmt::format("hrm.{}.blocks.{}.", config.module_name(which), j);
    blocks.push_back(loader.block(name, config.module, j > 0));
  }
  return blocks;
}

}  // namespace

Result<std::shared_ptr<const HrmWeights>> HrmWeights::load(
    CheckpointReader& reader, const std::string& sha256, gpu::Device& device,
    const std::function<bool(uint64_t, uint64_t)>& progress) {
  const Result<HrmConfig> config = read_hrm_config(reader);
  if (!config) return config.error();
  try {
    WeightLoader loader(reader, device, progress);
    auto weights = std::make_shared<HrmWeights>();
    weights->config = *config;
    weights->sha256 = sha256;
    const int64_t d = config->width(), c = config->base_width;
    weights->in = loader.matrix("hrm.in.weight", d, c);
    weights->z0 = loader.vector("hrm.z0", {1, d});
    weights->low = load_module(loader, *config, HrmModule::Low);
    if (!config->is_shared) weights->high = load_module(loader, *config, HrmModule::High);
    weights->out = loader.matrix("hrm.out.weight", c, d);
    weights->alpha = loader.floats("hrm.alpha", 1).front();
    if (!std::isfinite(weights->alpha)) {
      return Error{ErrorCode::BadFile, "hrm.alpha: it is not a finite number"};
    }
    weights->q_weight = loader.matrix("hrm.q.weight", 1, d);
    weights->q_bias = loader.vector("hrm.q.bias", {1, 1});
    if (config->has_gate) {
      weights->gate_weight = loader.matrix("hrm.gate.weight", 1, c);
      weights->gate_bias = loader.vector("hrm.gate.bias", {1, 1});
    }
    return std::shared_ptr<const HrmWeights>(std::move(weights));
  } catch (const LoadFailure& failure) {
    return failure.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace,
                 fmt::format("not enough memory on {} for this core", device.info().id)};
  }
}

struct HrmCore::Workspace {
  BlockWorkspace blocks;
  gpu::Tensor normed;                       // [rows, C]
  gpu::Tensor u, z_high, z_low, x;          // [rows, d]
  gpu::Tensor live_u, live_high, live_low;  // [rows, d], of the tokens that go on
  gpu::Tensor column;                       // [rows, 1]: gate, or q
  int64_t rows = 0;

  void grow(gpu::Device& device, const HrmConfig& c, int64_t wanted) {
    blocks.grow(device, c.module, wanted, 0);
    if (wanted <= rows) return;
    rows = 0;  // should an allocation throw, the next batch starts over
    const auto make = [&](gpu::Tensor& buffer, int64_t width) {
      buffer = gpu::Tensor();
      buffer = device.allocate(DType::F32, {wanted * width});
    };
    make(normed, c.base_width);
    for (gpu::Tensor* buffer : {&u, &z_high, &z_low, &x}) make(*buffer, c.width());
    if (c.halt_tau > 0) {
      for (gpu::Tensor* buffer : {&live_u, &live_high, &live_low}) make(*buffer, c.width());
    }
    make(column, 1);
    rows = wanted;
  }
};

// One call of run.
class HrmCore::Pass {
 public:
  Pass(HrmCore& core, std::span<const SequenceSpan> spans, int64_t rows, bool is_sparse,
       OpClock* clock)
      : core_(core),
        w_(*core.weights_),
        config_(core.config()),
        ops_(core.device_.ops()),
        queue_(core.queue_),
        ws_(*core.workspace_),
        rows_(rows),
        is_sparse_(is_sparse),
        clock_(clock),
        timer_(clock, core.queue_),
        live_spans_(spans.begin(), spans.end()) {}

  void run(const TensorView& x, const HrmUse& use) {
    const TensorView normed = with_shape(ws_.normed, {rows_, config_.base_width});
    const TensorView u = narrow(ws_.u, rows_), z_high = narrow(ws_.z_high, rows_);
    zeros_.assign(static_cast<size_t>(rows_), 0);
    timer_.timed("core in", {&w_.in}, [&] {
      ops_.rms_norm(queue_, x, kNormEps, normed);
      const Product product{.x = normed, .w = w_.in, .y = u};
      ops_.matmul(queue_, {&product, 1});
    });
    core_.device_.copy(queue_, u, z_high);
    ops_.embed(queue_, zeros_, w_.z0, narrow(ws_.z_low, rows_));
    const int64_t all = config_.recursion.h_cycles;
    const int64_t cycles = use.effort > 0 ? std::min<int64_t>(use.effort, all) : all;
    config_.recursion.for_each_call(cycles, [&](const Recursion::Call& call) {
      if (live_count() > 0) this->call(call);
      if (call.is_high && call.cycle + 1 < cycles && config_.halt_tau > 0) choose_live();
    });
    gather_back();
    add(x, normed, z_high, use);
  }

 private:
  TensorView narrow(const gpu::Tensor& buffer, int64_t rows) const {
    return with_shape(buffer, {rows, config_.width()});
  }
  // Whether some tokens rest, so that the others have been gathered.
  bool is_partial() const { return is_partial_; }
  int64_t live_count() const {
    return is_partial_ ? static_cast<int64_t>(live_rows_.size()) : rows_;
  }

  void call(const Recursion::Call& call) {
    const int64_t rows = live_count();
    const TensorView u = narrow(is_partial() ? ws_.live_u : ws_.u, rows);
    const TensorView z_high = narrow(is_partial() ? ws_.live_high : ws_.z_high, rows);
    const TensorView z_low = narrow(is_partial() ? ws_.live_low : ws_.z_low, rows);
    const TensorView x = narrow(ws_.x, rows);
    timer_.timed("core sum", {}, [&] {
      if (call.is_high) {
        ops_.add(queue_, std::array{z_high, z_low}, x);
      } else {
        ops_.add(queue_, std::array{z_low, z_high, u}, x);
      }
    });
    Blocks blocks(config_.module, core_.device_, queue_, ws_.blocks, core_.states_, rows,
                  live_spans_, {}, is_sparse_, clock_);
    const auto& module = call.is_high && !w_.high.empty() ? w_.high : w_.low;
    for (size_t j = 0; j < module.size(); ++j) {
      const auto block = static_cast<int>(j);
      const auto state = static_cast<int>(call.number * config_.blocks()) + block;
      blocks.run(module[j], block, state, x);
    }
    timer_.timed("core norm", {},
                 [&] { ops_.rms_norm(queue_, x, kNormEps, call.is_high ? z_high : z_low); });
  }

  // Drops the tokens that have had enough: sigmoid(q) > tau.
  void choose_live() {
    const int64_t rows = live_count();
    if (rows == 0) return;
    const TensorView z_high = narrow(is_partial() ? ws_.live_high : ws_.z_high, rows);
    const TensorView q = with_shape(ws_.column, {rows, 1});
    ops_.embed(queue_, std::span(zeros_).first(static_cast<size_t>(rows)), w_.q_bias, q);
    const Product product{.x = z_high,
                          .w = w_.q_weight,
                          .y = q,
                          .is_accumulating = true,
                          .after = Activation::Sigmoid};
    ops_.matmul(queue_, {&product, 1});
    q_.resize(static_cast<size_t>(rows));
    core_.device_.download(queue_, q, q_.data());
    queue_.wait();
    const auto rests = [&](float value) { return static_cast<double>(value) > config_.halt_tau; };
    if (std::ranges::none_of(q_, rests)) return;

    gather_back();
    std::vector<int32_t> rows_on;
    std::vector<SequenceSpan> spans_on;
    for (const SequenceSpan& span : live_spans_) {
      const auto begin = static_cast<int32_t>(rows_on.size());
      for (int32_t m = span.row_begin; m < span.row_begin + span.row_count; ++m) {
        const auto i = static_cast<size_t>(m);
        if (!rests(q_[i])) rows_on.push_back(is_partial() ? live_rows_[i] : m);
      }
      const auto count = static_cast<int32_t>(rows_on.size()) - begin;
      if (count > 0)
        spans_on.push_back({.row_begin = begin, .row_count = count, .slot = span.slot});
    }
    live_rows_ = std::move(rows_on);
    live_spans_ = std::move(spans_on);
    is_partial_ = true;
    copy_rows(ws_.u, ws_.live_u, true);
    copy_rows(ws_.z_high, ws_.live_high, true);
    copy_rows(ws_.z_low, ws_.live_low, true);
  }

  // The vectors of the tokens that went on, back to their places.
  void gather_back() {
    if (!is_partial()) return;
    copy_rows(ws_.z_high, ws_.live_high, false);
    copy_rows(ws_.z_low, ws_.live_low, false);
  }

  void copy_rows(const gpu::Tensor& all, const gpu::Tensor& live, bool is_gathering) {
    const TensorView wide = narrow(all, rows_), dense = narrow(live, live_count());
    for (int64_t i = 0; i < live_count(); ++i) {
      const TensorView there = wide.rows(live_rows_[static_cast<size_t>(i)], 1);
      const TensorView here = dense.rows(i, 1);
      core_.device_.copy(queue_, is_gathering ? there : here, is_gathering ? here : there);
    }
  }

  // h += alpha strength gate W_out z_H
  void add(const TensorView& x, const TensorView& normed, const TensorView& z_high,
           const HrmUse& use) {
    timer_.timed("core out", {&w_.out}, [&] {
      if (config_.has_gate) {
        const TensorView gate = with_shape(ws_.column, {rows_, 1});
        ops_.embed(queue_, zeros_, w_.gate_bias, gate);
        const Product open{.x = normed,
                           .w = w_.gate_weight,
                           .y = gate,
                           .is_accumulating = true,
                           .after = Activation::Sigmoid};
        ops_.matmul(queue_, {&open, 1});
        ops_.scale_rows(queue_, z_high, gate, z_high);
      }
      const Product product{.x = z_high,
                            .w = w_.out,
                            .y = x,
                            .scale = w_.alpha * use.strength,
                            .is_accumulating = true};
      ops_.matmul(queue_, {&product, 1});
    });
  }

  HrmCore& core_;
  const HrmWeights& w_;
  const HrmConfig& config_;
  const gpu::OpTable& ops_;
  gpu::Queue& queue_;
  Workspace& ws_;
  int64_t rows_;  // M
  bool is_sparse_;
  OpClock* clock_;
  OpTimer timer_;
  std::vector<int32_t> zeros_;  // M row numbers of a table with one row
  bool is_partial_ = false;
  std::vector<int32_t> live_rows_;        // rows of x that go on, once some rest
  std::vector<SequenceSpan> live_spans_;  // over live_rows_, or over all rows
  std::vector<float> q_;                  // [live]
};

HrmCore::HrmCore(std::shared_ptr<const HrmWeights> weights, gpu::Device& device, gpu::Queue& queue,
                 int32_t slots)
    : weights_(std::move(weights)),
      device_(device),
      queue_(queue),
      states_(weights_->config.state(), device, queue, slots),
      workspace_(std::make_unique<Workspace>()) {}

HrmCore::~HrmCore() = default;

void HrmCore::run(const TensorView& x, std::span<const SequenceSpan> spans, const HrmUse& use,
                  bool is_sparse, OpClock* clock) {
  if (use.strength == 0.0f || weights_->alpha == 0.0f) return;
  const int64_t rows = x.shape[0];
  workspace_->grow(device_, config(), rows);
  Pass(*this, spans, rows, is_sparse, clock).run(x, use);
}

std::shared_ptr<const CoreState> HrmCore::download(const StateSlot& slot) {
  const Config states = config().state();
  return std::make_shared<const CoreState>(CoreState{.sha256 = weights_->sha256,
                                                     .layers = states.layers,
                                                     .width = states.width,
                                                     .states = states_.download(slot)});
}

Status HrmCore::upload(const StateSlot& slot, const CoreState& state) {
  const Config own = config().state();
  if (state.sha256 != weights_->sha256 || state.layers != own.layers || state.width != own.width) {
    return Error{ErrorCode::InvalidArgument,
                 "the state was saved under another reasoning core; read the text again instead"};
  }
  states_.upload(slot, state.states);
  return {};
}

Status check_core_state(const HostState& state, const HrmWeights* core) {
  if (!state.core) return {};
  if (core == nullptr) {
    return Error{ErrorCode::InvalidArgument,
                 "the state was saved under a reasoning core; name the same core (--hrm), or read "
                 "the text again without one"};
  }
  if (state.core->sha256 == core->sha256) return {};
  return Error{ErrorCode::InvalidArgument,
               "the state was saved under another reasoning core; read the text again instead"};
}

}  // namespace greylag
