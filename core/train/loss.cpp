// SPDX-License-Identifier: Apache-2.0
#include "core/train/loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace greylag::train {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Logits held at once: 16 Mi floats = 64 MiB.
constexpr int64_t kMaxLogits = int64_t{1} << 24;

struct Pieces {
  at::Tensor rows;       // [R, C], the learned rows
  at::Tensor targets;    // [R, 1]
  at::Tensor grad_rows;  // [R, C]; undefined when no gradient is wanted
  at::Tensor grad_head;  // [V, C]; undefined when the head is frozen
};

// One slice of rows: adds its gradients and returns its loss.
double slice_loss(Pieces& p, const at::Tensor& head, int64_t begin, int64_t count, double l2wrap) {
  const at::Tensor rows = p.rows.narrow(0, begin, count);
  const at::Tensor targets = p.targets.narrow(0, begin, count);
  const at::Tensor logits = at::mm(rows, head.t());
  at::Tensor log_share = at::log_softmax(logits, 1);
  const double loss = -log_share.gather(1, targets).sum(at::kDouble).item<double>();
  if (!p.grad_rows.defined()) return loss;
  at::Tensor grad = log_share.exp_();
  grad.scatter_add_(1, targets, at::full({count, 1}, -1.0, grad.options()));
  if (l2wrap != 0) {
    const auto [largest, where] = logits.max(1, true);
    grad.scatter_add_(1, where, largest * l2wrap);
  }
  at::Tensor to = p.grad_rows.narrow(0, begin, count);
  at::mm_out(to, grad, head);
  if (p.grad_head.defined()) p.grad_head.addmm_(grad.t(), rows);
  return loss;
}

struct HeadLossFunction : torch::autograd::Function<HeadLossFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& hidden, const at::Tensor& head,
                            const at::Tensor& targets, double l2wrap, bool is_recording) {
    const at::Tensor learned = at::nonzero(targets >= 0).view({-1});
    Pieces p;
    p.rows = hidden.index_select(0, learned);
    p.targets = targets.index_select(0, learned).view({-1, 1});
    if (is_recording) {
      p.grad_rows = at::empty_like(p.rows);
      if (head.requires_grad()) p.grad_head = at::zeros_like(head);
    }
    const int64_t count = p.rows.size(0);
    const int64_t slice = std::max<int64_t>(1, kMaxLogits / head.size(0));
    double loss = 0;
    for (int64_t i = 0; i < count; i += slice) {
      loss += slice_loss(p, head, i, std::min(slice, count - i), l2wrap);
    }
    ctx->saved_data["rows"] = hidden.size(0);
    ctx->save_for_backward({learned, p.grad_rows, p.grad_head});
    return at::scalar_tensor(loss, at::kDouble);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const double upstream = grads[0].item<double>();
    at::Tensor dhidden =
        at::zeros({ctx->saved_data["rows"].toInt(), saved[1].size(1)}, saved[1].options());
    dhidden.index_copy_(0, saved[0], saved[1] * upstream);
    return {dhidden, saved[2].defined() ? saved[2] * upstream : at::Tensor(), at::Tensor(),
            at::Tensor(), at::Tensor()};
  }
};

// dCE/dx_j = s'(x_j) (1 / sum s - [j = target] / s_j), with s' = 1 for x >= 0, else s^2.
struct StablemaxFunction : torch::autograd::Function<StablemaxFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& logits,
                            const at::Tensor& targets) {
    const at::Tensor x = logits.to(at::kDouble);
    const at::Tensor is_positive = x >= 0;
    const at::Tensor s = at::where(is_positive, x + 1.0, at::reciprocal(1.0 - x));
    const at::Tensor total = s.sum(1, true);
    const at::Tensor learned = (targets >= 0).view({-1, 1});
    const at::Tensor index = targets.clamp_min(0).view({-1, 1});
    const at::Tensor own = s.gather(1, index);
    at::Tensor grad = total.reciprocal().expand_as(s).clone();
    grad.scatter_add_(1, index, -own.reciprocal());
    grad.mul_(at::where(is_positive, at::ones_like(s), s * s)).mul_(learned);
    ctx->save_for_backward({grad.to(logits.scalar_type())});
    return (total.log() - own.log()).mul_(learned).view({-1});
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const at::Tensor grad = ctx->get_saved_variables()[0];
    return {(grad * grads[0].view({-1, 1})).to(grad.scalar_type()), at::Tensor()};
  }
};

}  // namespace

at::Tensor stablemax_loss(const at::Tensor& logits, const at::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && targets.dim() == 1 && logits.size(0) == targets.size(0),
              "stablemax_loss: logits are [M, V], targets [M]");
  return StablemaxFunction::apply(logits, targets);
}

at::Tensor head_loss(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                     double l2wrap) {
  return HeadLossFunction::apply(hidden, head, targets, l2wrap, at::GradMode::is_enabled());
}

at::Tensor head_hits(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const at::Tensor learned = at::nonzero(targets >= 0).view({-1});
  const at::Tensor rows = hidden.index_select(0, learned);
  const at::Tensor wanted = targets.index_select(0, learned);
  at::Tensor hits = at::zeros({targets.size(0)}, at::kBool);
  const int64_t count = rows.size(0), slice = std::max<int64_t>(1, kMaxLogits / head.size(0));
  for (int64_t i = 0; i < count; i += slice) {
    const int64_t size = std::min(slice, count - i);
    const at::Tensor largest = at::mm(rows.narrow(0, i, size), head.t()).argmax(1);
    hits.index_copy_(0, learned.narrow(0, i, size), largest == wanted.narrow(0, i, size));
  }
  return hits;
}

}  // namespace greylag::train
