// SPDX-License-Identifier: Apache-2.0
#include "core/train/hrm_autograd.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/train/live_rows.h"

namespace greylag::train {

namespace {

constexpr double kNormEpsilon = 1e-5;

at::Tensor forced_tokens(const HaltPolicy& policy, int64_t rows) {
  at::Tensor forced = at::zeros({rows}, at::kBool);
  CounterRandom random(policy.seed, policy.stream);
  for (int64_t i = 0; i < rows; ++i) {
    forced.data_ptr<bool>()[i] = random.uniform() < policy.explore;
  }
  return forced;
}

}  // namespace

at::Tensor root_mean_norm(const at::Tensor& x) {
  return x / at::sqrt(at::mean(x * x, {-1}, true) + kNormEpsilon);
}

Result<HrmAutograd> HrmAutograd::create(const HrmConfig& config, Parameters parameters) {
  for (const HrmTensor& tensor : hrm_tensors(config)) {
    const auto found = parameters.find(tensor.name);
    if (found == parameters.end()) {
      return Error{ErrorCode::BadFile, "the reasoning core has no tensor " + tensor.name};
    }
    if (found->second.numel() != tensor.shape.elements()) {
      return Error{ErrorCode::BadFile,
                   fmt::format("{}: expected the shape {}", tensor.name, tensor.shape.text())};
    }
  }
  HrmAutograd core;
  core.config_ = config;
  core.parameters_ = std::make_shared<Parameters>(std::move(parameters));
  const auto stack = [&](HrmModule which) {
    return BlockStack(
        {.blocks = config.blocks(), .width = config.width(), .head_size = config.module.head_size},
        fmt::format("hrm.{}.", config.module_name(which)), core.parameters_);
  };
  core.low_ = stack(HrmModule::Low);
  if (!config.is_shared) core.high_ = stack(HrmModule::High);
  return core;
}

void HrmAutograd::set_recompute(bool is_on) {
  low_.set_recompute(is_on);
  if (high_) high_->set_recompute(is_on);
}

Status HrmAutograd::check_grad_cycles(int64_t grad_cycles) const {
  const int64_t all = config_.recursion.h_cycles;
  if (grad_cycles == 0 || grad_cycles == 1 || grad_cycles == all) return {};
  return Error{ErrorCode::InvalidArgument,
               fmt::format("hrm_grad_cycles must be 1 (each cycle by itself), {} (all cycles) or 0 "
                           "(the last two calls of each cycle), and is {}",
                           all, grad_cycles)};
}

// The variables of one think().
class HrmAutograd::Run {
 public:
  Run(const HrmAutograd& core, const at::Tensor& h, int64_t batch, const Thinking& thinking)
      : core_(core), thinking_(thinking), batch_(batch), rows_(h.size(0)) {
    const at::Tensor normed = root_mean_norm(h);
    input_ = at::mm(normed, core.at("hrm.in.weight").t());
    if (core.config_.has_gate) {
      gate_ =
          at::sigmoid(at::addmm(core.at("hrm.gate.bias"), normed, core.at("hrm.gate.weight").t()));
    }
    z_high_ = input_;
    z_low_ = core.at("hrm.z0").unsqueeze(0).expand_as(input_);
    if (!thinking.halting) return;
    live_ = LiveRows(batch, rows_ / batch);
    forced_ = forced_tokens(*thinking.halting, rows_);
  }

  void start_cycle() {
    low_calls_ = 0;
    low_ = live(z_low_);
    high_ = live(z_high_);
    if (is_first_) {
      is_first_ = false;
    } else if (thinking_.grad_cycles != core_.config_.recursion.h_cycles) {
      low_ = low_.detach();
      high_ = high_.detach();
    }
    live_input_ = live(input_);
  }

  void call(const Recursion::Call& call) {
    if (call.is_high) {
      high_ = root_mean_norm(core_.module(true).run(high_ + low_, batch_));
      return;
    }
    ++low_calls_;
    const bool is_recorded =
        thinking_.grad_cycles != 0 || low_calls_ == core_.config_.recursion.l_cycles;
    const at::AutoGradMode mode(is_recorded && at::GradMode::is_enabled());
    low_ = root_mean_norm(core_.module(false).run(low_ + high_ + live_input_, batch_));
  }

  HrmCycle end_cycle() {
    z_high_ = settled(z_high_, high_);
    z_low_ = settled(z_low_, low_);
    HrmCycle cycle;
    cycle.z_high = z_high_;
    cycle.z_low = z_low_;
    cycle.residual = at::mm(z_high_, core_.at("hrm.out.weight").t()) *
                     (core_.at("hrm.alpha") * thinking_.strength);
    if (gate_.defined()) cycle.residual = cycle.residual * gate_;
    if (!thinking_.halting) return cycle;
    cycle.is_live = live_->mask();
    cycle.halt_logits =
        at::addmm(core_.at("hrm.q.bias"), z_high_.detach(), core_.at("hrm.q.weight").t())
            .view({rows_});
    const at::NoGradGuard no_grad;
    const at::Tensor is_stopping = at::sigmoid(cycle.halt_logits) > thinking_.halting->tau;
    live_->keep(forced_.logical_or(is_stopping.logical_not()));
    return cycle;
  }

  bool has_live() const { return !live_ || live_->count() > 0; }

  // The cycle that all tokens stay out of: `before` again.
  HrmCycle repeat(const HrmCycle& before) const {
    HrmCycle cycle = before;
    cycle.is_live = live_->mask();
    return cycle;
  }

 private:
  at::Tensor live(const at::Tensor& all) const { return live_ ? live_->gather(all) : all; }
  at::Tensor settled(const at::Tensor& all, const at::Tensor& part) const {
    return live_ ? live_->scatter(all, part) : part;
  }

  const HrmAutograd& core_;
  const Thinking& thinking_;
  const int64_t batch_, rows_;
  at::Tensor input_, gate_;       // u [B T, d], [B T, 1]
  at::Tensor z_high_, z_low_;     // [B T, d]
  std::optional<LiveRows> live_;  // only with halting
  at::Tensor forced_;             // bool [B T]
  at::Tensor low_, high_;         // z of the live rows, padded per sequence
  at::Tensor live_input_;
  int64_t low_calls_ = 0;
  bool is_first_ = true;
};

std::vector<HrmCycle> HrmAutograd::think(const at::Tensor& h, int64_t batch,
                                         const Thinking& thinking) const {
  const int64_t all = config_.recursion.h_cycles;
  const int64_t cycles = thinking.cycles == 0 ? all : std::min(thinking.cycles, all);
  TORCH_CHECK(h.dim() == 2 && h.size(1) == config_.base_width && h.size(0) % batch == 0,
              "h is [B T, C]");
  Run run(*this, h, batch, thinking);
  std::vector<HrmCycle> found;
  config_.recursion.for_each_call(cycles, [&](const Recursion::Call& call) {
    const bool is_first_call = call.number % (config_.recursion.l_cycles + 1) == 0;
    if (run.has_live()) {
      if (is_first_call) run.start_cycle();
      run.call(call);
      if (call.is_high) found.push_back(run.end_cycle());
    } else if (call.is_high) {
      found.push_back(run.repeat(found.back()));
    }
  });
  return found;
}

// As Rwkv7Autograd's per block and width, for every recorded call, and three vectors per norm.
uint64_t HrmAutograd::activation_bytes_per_token(const HrmConfig& config) {
  const int64_t calls = config.recursion.calls();
  return static_cast<uint64_t>(calls * config.width() * (config.blocks() * 40 + 5)) * sizeof(float);
}

}  // namespace greylag::train
