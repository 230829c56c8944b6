// SPDX-License-Identifier: Apache-2.0
#include "tests/core/train/hrm_reference.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace greylag::train {

namespace {

at::Tensor mean_norm(const at::Tensor& x) {
  return x * at::rsqrt(at::mean(at::pow(x, 2), {-1}, true) + 1e-5);
}

// One block's weights and the recurrent state that it has in one call.
class Block {
 public:
  Block(const Parameters& p, std::string prefix, int64_t width)
      : p_(p), prefix_(std::move(prefix)), heads_(width / 64) {
    const auto f64 = at::TensorOptions().dtype(at::kDouble);
    att_shift_ = at::zeros({width}, f64);
    ffn_shift_ = at::zeros({width}, f64);
    state_ = at::zeros({heads_, 64, 64}, f64);
  }

  // x [d], one token. v_first: set by block 0, read by the others.
  at::Tensor step(const at::Tensor& x, bool is_first, at::Tensor& v_first) {
    const at::Tensor after = x + time_mix(norm(x, "ln1"), is_first, v_first);
    return after + channel_mix(norm(after, "ln2"));
  }

 private:
  const at::Tensor& at(const char* part) const { return p_.at(prefix_ + part); }
  at::Tensor vector(const char* part) const { return at(part).view({-1}); }
  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    const at::Tensor centred = x - x.mean();
    return centred / at::sqrt((centred * centred).mean() + 1e-5) * at((name + ".weight").c_str()) +
           at((name + ".bias").c_str());
  }
  at::Tensor low_rank(const at::Tensor& inner, const char* second) const {
    return at::matmul(inner, at(second));
  }

  at::Tensor time_mix(const at::Tensor& x, bool is_first, at::Tensor& v_first) {
    const at::Tensor delta = att_shift_ - x;
    att_shift_ = x;
    const auto mixed = [&](const char* mu) { return x + delta * vector(mu); };
    const at::Tensor x_v = mixed("att.x_v");
    const at::Tensor r = at::mv(at("att.receptance.weight"), mixed("att.x_r"));
    const at::Tensor k = at::mv(at("att.key.weight"), mixed("att.x_k"));
    at::Tensor v = at::mv(at("att.value.weight"), x_v);
    const at::Tensor d =
        vector("att.w0") + low_rank(at::tanh(at::matmul(mixed("att.x_w"), at("att.w1"))), "att.w2");
    const at::Tensor w = at::exp(at::sigmoid(d) * -std::exp(-0.5));
    const at::Tensor alpha = at::sigmoid(
        vector("att.a0") + low_rank(at::matmul(mixed("att.x_a"), at("att.a1")), "att.a2"));
    const at::Tensor gate =
        low_rank(at::sigmoid(at::matmul(mixed("att.x_g"), at("att.g1"))), "att.g2");
    if (is_first) {
      v_first = v;
    } else {
      v = v + (v_first - v) *
                  at::sigmoid(vector("att.v0") + low_rank(at::matmul(x_v, at("att.v1")), "att.v2"));
    }
    const auto by_head = [&](const at::Tensor& t) { return t.view({heads_, 64}); };
    at::Tensor kappa = by_head(k * vector("att.k_k"));
    kappa = kappa / kappa.norm(2, {1}, true).clamp_min(1e-12);
    const at::Tensor key = by_head(k * (1 + (alpha - 1) * vector("att.k_a")));
    const at::Tensor value = by_head(v), reader = by_head(r);
    const at::Tensor removed = at::bmm(state_, -kappa.unsqueeze(2));  // [H, 64, 1]
    state_ = state_ * by_head(w).unsqueeze(1) +
             at::bmm(removed, (kappa * by_head(alpha)).unsqueeze(1)) +
             at::bmm(value.unsqueeze(2), key.unsqueeze(1));
    const at::Tensor y = at::bmm(state_, reader.unsqueeze(2)).view({heads_, 64});
    const at::Tensor centred = y - y.mean({1}, true);
    const at::Tensor normed = centred / at::sqrt((centred * centred).mean({1}, true) + 64e-5);
    const at::Tensor bonus = (reader * key * at("att.r_k")).sum({1}, true) * value;
    const at::Tensor out =
        normed.reshape({-1}) * at("att.ln_x.weight") + at("att.ln_x.bias") + bonus.reshape({-1});
    return at::mv(at("att.output.weight"), out * gate);
  }

  at::Tensor channel_mix(const at::Tensor& x) {
    const at::Tensor mixed = x + (ffn_shift_ - x) * vector("ffn.x_k");
    ffn_shift_ = x;
    const at::Tensor inner = at::relu(at::mv(at("ffn.key.weight"), mixed));
    return at::mv(at("ffn.value.weight"), inner * inner);
  }

  const Parameters& p_;
  std::string prefix_;
  int64_t heads_;
  at::Tensor att_shift_, ffn_shift_, state_;
};

at::Tensor call_module(const HrmConfig& config, const Parameters& core, HrmModule which,
                       const at::Tensor& x) {
  std::vector<Block> blocks;
  for (int64_t j = 0; j < config.blocks(); ++j) {
    blocks.emplace_back(core, fmt::format("hrm.{}.blocks.{}.", config.module_name(which), j),
                        config.width());
  }
  std::vector<at::Tensor> out;
  for (int64_t t = 0; t < x.size(0); ++t) {
    at::Tensor row = x.select(0, t), v_first;
    for (size_t j = 0; j < blocks.size(); ++j) row = blocks[j].step(row, j == 0, v_first);
    out.push_back(row);
  }
  return mean_norm(at::stack(out));
}

}  // namespace

Parameters in_f64(const Parameters& parameters, bool is_leaf) {
  Parameters out;
  for (const auto& [name, tensor] : parameters) {
    out[name] = tensor.detach().to(at::kDouble).clone();
    if (is_leaf) out[name].requires_grad_();
  }
  return out;
}

at::Tensor reference_input(const Parameters& core, const at::Tensor& h) {
  return at::matmul(mean_norm(h), core.at("hrm.in.weight").t());
}

void reference_cycle(const HrmConfig& config, const Parameters& core, const at::Tensor& input,
                     at::Tensor& high, at::Tensor& low, bool is_one_step) {
  for (int64_t k = 0; k < config.recursion.l_cycles; ++k) {
    low = call_module(config, core, HrmModule::Low, low + high + input);
    const bool is_last = k + 1 == config.recursion.l_cycles;
    if (is_one_step && !is_last) low = low.detach();
  }
  high = call_module(config, core, HrmModule::High, high + low);
}

std::vector<at::Tensor> reference_residuals(const HrmConfig& config, const Parameters& core,
                                            const at::Tensor& h, int64_t grad_cycles) {
  const at::Tensor normed = mean_norm(h);
  const at::Tensor u = reference_input(core, h);
  at::Tensor high = u, low = at::zeros_like(u) + core.at("hrm.z0");
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < config.recursion.h_cycles; ++i) {
    if (i > 0 && grad_cycles < config.recursion.h_cycles) {
      high = high.detach();
      low = low.detach();
    }
    reference_cycle(config, core, u, high, low, grad_cycles == 0);
    at::Tensor r = at::matmul(high, core.at("hrm.out.weight").t()) * core.at("hrm.alpha");
    if (config.has_gate) {
      r = r * at::sigmoid(at::matmul(normed, core.at("hrm.gate.weight").t()) +
                          core.at("hrm.gate.bias"));
    }
    out.push_back(r);
  }
  return out;
}

}  // namespace greylag::train
