// SPDX-License-Identifier: Apache-2.0
#include "core/train/block_stack.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "gpu/torch/blocks.h"

namespace greylag::train {

namespace {

constexpr double kNormEpsilon = 1e-5;

// d = bias + activation(x w1) w2, the three low-rank gates and the output gate.
at::Tensor low_rank(const at::Tensor& inner, const at::Tensor& second, const at::Tensor& bias) {
  if (!bias.defined()) return at::mm(inner, second);
  return at::addmm(bias.view({-1}), inner, second);
}

}  // namespace

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, kNormEpsilon);
}

std::vector<std::string> BlockStack::names(int64_t blocks, const std::string& prefix) {
  static constexpr const char* kBlockNames[] = {"ln1.weight",
                                                "ln1.bias",
                                                "ln2.weight",
                                                "ln2.bias",
                                                "att.x_r",
                                                "att.x_w",
                                                "att.x_k",
                                                "att.x_v",
                                                "att.x_a",
                                                "att.x_g",
                                                "att.w0",
                                                "att.w1",
                                                "att.w2",
                                                "att.a0",
                                                "att.a1",
                                                "att.a2",
                                                "att.g1",
                                                "att.g2",
                                                "att.k_k",
                                                "att.k_a",
                                                "att.r_k",
                                                "att.receptance.weight",
                                                "att.key.weight",
                                                "att.value.weight",
                                                "att.output.weight",
                                                "att.ln_x.weight",
                                                "att.ln_x.bias",
                                                "ffn.x_k",
                                                "ffn.key.weight",
                                                "ffn.value.weight"};
  std::vector<std::string> needed;
  for (int64_t j = 0; j < blocks; ++j) {
    for (const char* part : kBlockNames) {
      needed.push_back(fmt::format("{}blocks.{}.{}", prefix, j, part));
    }
    if (j == 0) continue;
    for (const char* part : {"att.v0", "att.v1", "att.v2"}) {
      needed.push_back(fmt::format("{}blocks.{}.{}", prefix, j, part));
    }
  }
  return needed;
}

std::string BlockStack::name(int64_t index, const char* part) const {
  return fmt::format("{}blocks.{}.{}", prefix_, index, part);
}

const at::Tensor& BlockStack::at(int64_t index, const char* part) const {
  return parameters_->at(name(index, part));
}

at::Tensor BlockStack::linear(int64_t index, AdapterTarget target, const at::Tensor& x,
                              const at::Tensor& residual) const {
  const std::string matrix = fmt::format("{}.weight", adapter_target_name(target));
  const at::Tensor weight = at(index, matrix.c_str()).t();
  at::Tensor y = residual.defined() ? at::addmm(residual, x, weight) : at::mm(x, weight);
  if (lora_.layers.empty()) return y;
  const LoraPair& pair =
      lora_.layers[static_cast<size_t>(index)][static_cast<size_t>(static_cast<int>(target))];
  if (!pair.a.defined()) return y;
  return at::addmm(y, at::mm(x, pair.a.t()), pair.b.t(), 1.0, lora_.scale);
}

at::Tensor BlockStack::initial_state(int64_t index, int64_t batch) const {
  at::Tensor state;
  if (!time_state_.empty()) {
    state = time_state_[static_cast<size_t>(index)];
  } else if (const auto own = parameters_->find(name(index, "att.time_state"));
             own != parameters_->end()) {
    state = own->second;
  } else {
    return {};
  }
  const int64_t n = shape_.head_size;
  return state.unsqueeze(0).expand({batch, shape_.width / n, n, n});
}

at::Tensor BlockStack::time_mix(int64_t index, const at::Tensor& x, int64_t batch,
                                at::Tensor* v_first) const {
  const auto p = [&](const char* part) -> const at::Tensor& { return at(index, part); };
  const int64_t width = shape_.width;
  const at::Tensor normed = layer_norm(x, p("ln1.weight"), p("ln1.bias"));
  const at::Tensor mu =
      at::cat({p("att.x_r"), p("att.x_w"), p("att.x_k"), p("att.x_v"), p("att.x_a"), p("att.x_g")})
          .view({6, width});
  const std::vector<at::Tensor> mixed = gpu::token_shift(normed.view({batch, -1, width}), mu);
  const at::Tensor &x_r = mixed[0], &x_w = mixed[1], &x_k = mixed[2], &x_v = mixed[3],
                   &x_a = mixed[4], &x_g = mixed[5];
  const at::Tensor none;
  const at::Tensor r = linear(index, AdapterTarget::Receptance, x_r, none);
  const at::Tensor k = linear(index, AdapterTarget::Key, x_k, none);
  at::Tensor v = linear(index, AdapterTarget::Value, x_v, none);
  const at::Tensor d = low_rank(at::tanh(at::mm(x_w, p("att.w1"))), p("att.w2"), p("att.w0"));
  const at::Tensor alpha =
      at::sigmoid(low_rank(at::mm(x_a, p("att.a1")), p("att.a2"), p("att.a0")));
  const at::Tensor gate = low_rank(at::sigmoid(at::mm(x_g, p("att.g1"))), p("att.g2"), none);
  if (index == 0) {
    *v_first = v;
  } else {
    const at::Tensor v_gate =
        at::sigmoid(low_rank(at::mm(x_v, p("att.v1")), p("att.v2"), p("att.v0")));
    v = gpu::value_mix(v, *v_first, v_gate);
  }
  const auto [k_out, a, b] = gpu::key_prep(k, alpha, p("att.k_k").view({width}),
                                           p("att.k_a").view({width}), shape_.head_size);
  const at::Tensor y =
      gpu::wkv7(batch, shape_.head_size, r, d, k_out, v, a, b, initial_state(index, batch))[0];
  const at::Tensor out =
      gpu::head_out({.y = y,
                     .r = r,
                     .k = k_out,
                     .v = v,
                     .gate = gate,
                     .r_k = p("att.r_k").view({width}),
                     .ln_w = p("att.ln_x.weight"),
                     .ln_b = p("att.ln_x.bias")},
                    shape_.head_size, kNormEpsilon * static_cast<double>(shape_.head_size));
  return linear(index, AdapterTarget::Output, out, x);
}

at::Tensor BlockStack::channel_mix(int64_t index, const at::Tensor& x, int64_t batch) const {
  const int64_t width = shape_.width;
  const at::Tensor normed = layer_norm(x, at(index, "ln2.weight"), at(index, "ln2.bias"));
  const at::Tensor mixed =
      gpu::token_shift(normed.view({batch, -1, width}), at(index, "ffn.x_k").view({1, width}))
          .front();
  const at::Tensor inner =
      gpu::relu_squared(linear(index, AdapterTarget::FfnKey, mixed, at::Tensor()));
  return linear(index, AdapterTarget::FfnValue, inner, x);
}

// Keeps a block's inputs only and runs the block again in the backward pass. Parameters are leaves:
// the inner backward adds to their gradients itself.
struct BlockStack::RecomputeFunction : torch::autograd::Function<BlockStack::RecomputeFunction> {
  using Context = torch::autograd::AutogradContext;
  using List = torch::autograd::variable_list;

  // `wanted` requires a gradient, so that the function is recorded even when x does not.
  static List forward(Context* ctx, const at::Tensor& x, const at::Tensor& v_first,
                      const at::Tensor& wanted, int64_t index, int64_t batch, int64_t stack) {
    (void)wanted;
    ctx->save_for_backward({x, v_first});
    ctx->saved_data["index"] = index;
    ctx->saved_data["batch"] = batch;
    ctx->saved_data["stack"] = stack;
    const at::NoGradGuard no_grad;
    const Stream out = of(stack)->block(index, {x, v_first}, batch);
    return index == 0 ? List{out.x, out.v_first} : List{out.x};
  }
  static List backward(Context* ctx, const List& grads) {
    const List saved = ctx->get_saved_variables();
    const int64_t index = ctx->saved_data["index"].toInt();
    const at::AutoGradMode grad_mode(true);
    const at::Tensor x = saved[0].detach().requires_grad_();
    const at::Tensor v_first = saved[1].detach().requires_grad_();
    const Stream out = of(ctx->saved_data["stack"].toInt())
                           ->block(index, {x, v_first}, ctx->saved_data["batch"].toInt());
    List outputs{out.x};
    if (index == 0) outputs.push_back(out.v_first);
    torch::autograd::backward(outputs, grads);
    return {x.grad(), index == 0 ? at::Tensor() : v_first.grad(), {}, {}, {}, {}};
  }
  static const BlockStack* of(int64_t address) {
    return reinterpret_cast<const BlockStack*>(address);  // outlives its graph
  }
};

BlockStack::Stream BlockStack::recomputed_block(int64_t index, const Stream& in,
                                                int64_t batch) const {
  const at::Tensor v_first = in.v_first.defined() ? in.v_first : at::empty({0});
  const at::Tensor wanted = at::empty({0}).requires_grad_();
  const auto out = RecomputeFunction::apply(in.x, v_first, wanted, index, batch,
                                            reinterpret_cast<int64_t>(this));
  return {out[0], index == 0 ? out[1] : in.v_first};
}

BlockStack::Stream BlockStack::block(int64_t index, const Stream& in, int64_t batch) const {
  Stream out{at::Tensor(), in.v_first};
  out.x = time_mix(index, in.x, batch, &out.v_first);
  out.x = channel_mix(index, out.x, batch);
  return out;
}

BlockStack::Stream BlockStack::run(Stream in, int64_t batch, int64_t begin, int64_t end) const {
  const bool is_recomputing = is_recomputing_ && at::GradMode::is_enabled();
  for (int64_t j = begin; j < end; ++j) {
    in = is_recomputing ? recomputed_block(j, in, batch) : block(j, in, batch);
  }
  return in;
}

}  // namespace greylag::train
