// SPDX-License-Identifier: Apache-2.0
#include "core/train/hrm_loss.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/train/loss.h"

namespace greylag::train {

namespace {

// The base up to the tap; recorded only when something in it is trained.
BlockStack::Stream stream_below(const CoredModel& model, const at::Tensor& tokens) {
  const at::AutoGradMode mode(model.is_base_trained && at::GradMode::is_enabled());
  return model.base.residual(tokens, model.core.config().tap);
}

at::Tensor answer(const CoredModel& model, const BlockStack::Stream& below, int64_t batch,
                  const at::Tensor& residual) {
  return model.base.finish({below.x + residual, below.v_first}, batch, model.core.config().tap);
}

void add_sums(std::vector<double>& to, const std::vector<double>& from) {
  to.resize(std::max(to.size(), from.size()));
  for (size_t i = 0; i < from.size(); ++i) to[i] += from[i];
}

double sum_of_squares(const at::Tensor& x) { return (x * x).sum(at::kDouble).item<double>(); }

// Binary cross-entropy of q over learned tokens that the cycle ran for, in f64.
at::Tensor halting_loss(const HrmCycle& cycle, const at::Tensor& hits, const at::Tensor& targets) {
  const at::Tensor rows = at::nonzero(at::logical_and(cycle.is_live, targets >= 0)).view({-1});
  const at::Tensor q = cycle.halt_logits.index_select(0, rows).to(at::kDouble);
  const at::Tensor right = hits.index_select(0, rows).to(at::kDouble);
  return (at::softplus(q) - q * right).sum();  // -log sigmoid(q) or -log(1 - sigmoid(q))
}

void measure_changes(const std::vector<HrmCycle>& cycles, const at::Tensor& learned,
                     HrmLoss& loss) {
  const at::NoGradGuard no_grad;
  for (size_t i = 1; i < cycles.size(); ++i) {
    const at::Tensor now = cycles[i].z_high.index_select(0, learned);
    loss.changes.push_back(sum_of_squares(now - cycles[i - 1].z_high.index_select(0, learned)));
    loss.sizes.push_back(sum_of_squares(now));
  }
}

}  // namespace

HrmLoss hrm_loss(const CoredModel& model, const MicroBatch& batch, const HrmLossOptions& o) {
  const BlockStack::Stream below = stream_below(model, batch.tokens);
  const int64_t sequences = batch.tokens.size(0);
  const std::vector<HrmCycle> cycles = model.core.think(below.x, sequences, o.thinking);
  const auto count = static_cast<double>(cycles.size());
  const double weights = 1.0 + (count - 1) * o.ds_weight;
  HrmLoss loss;
  const at::Tensor learned = at::nonzero(batch.targets >= 0).view({-1});
  for (size_t i = 0; i < cycles.size(); ++i) {
    const HrmCycle& cycle = cycles[i];
    const at::Tensor hidden = answer(model, below, sequences, cycle.residual);
    const at::Tensor entropy = head_loss(hidden, model.base.head(), batch.targets, o.l2wrap);
    const double omega = i + 1 == cycles.size() ? 1.0 : o.ds_weight;
    at::Tensor term = entropy * (omega / weights);
    loss.cycles.push_back(entropy.item<double>());
    if (o.thinking.halting) {
      const at::Tensor hits = head_hits(hidden, model.base.head(), batch.targets);
      term = term + halting_loss(cycle, hits, batch.targets) * (o.halt_weight / count);
      loss.depth += cycle.is_live.index_select(0, learned).sum().item<double>();
    }
    loss.total = loss.total.defined() ? loss.total + term : term;
  }
  // Differences to the last cycle, so that equal cycles give exactly their common value.
  loss.loss = loss.cycles.back();
  for (const double entropy : loss.cycles) {
    loss.loss += o.ds_weight / weights * (entropy - loss.cycles.back());
  }
  measure_changes(cycles, learned, loss);
  return loss;
}

at::Tensor hrm_hidden(const CoredModel& model, const at::Tensor& tokens, const Thinking& thinking) {
  if (thinking.strength == 0) return model.base.hidden(tokens);
  const BlockStack::Stream below = stream_below(model, tokens);
  const int64_t sequences = tokens.size(0);
  const std::vector<HrmCycle> cycles = model.core.think(below.x, sequences, thinking);
  return answer(model, below, sequences, cycles.back().residual);
}

void HrmTally::add(const HrmLoss& loss) {
  sum_.loss += loss.loss;
  sum_.depth += loss.depth;
  add_sums(sum_.cycles, loss.cycles);
  add_sums(sum_.changes, loss.changes);
  add_sums(sum_.sizes, loss.sizes);
}

void HrmTally::write(protocol::Metric& metric, bool is_halting) const {
  const double tokens = std::max(1.0, static_cast<double>(metric.tokens));
  for (const double cycle : sum_.cycles) metric.cycle_losses.push_back(cycle / tokens);
  for (size_t i = 0; i < sum_.changes.size(); ++i) {
    metric.cycle_changes.push_back(std::sqrt(sum_.changes[i] / sum_.sizes[i]));
  }
  if (!is_halting) return;
  metric.halt_depth = sum_.depth / tokens;
  metric.has_halt_depth = true;
}

}  // namespace greylag::train
