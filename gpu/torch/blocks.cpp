// SPDX-License-Identifier: Apache-2.0
#include "gpu/torch/blocks.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "gpu/torch/block_loops.h"

namespace greylag::gpu {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows that share one set of parameter-gradient sums: fixed, so that the sums do not depend on the
// number of threads.
constexpr int64_t kBlockRows = 64;
// Elements below which a second thread costs more than it saves.
constexpr int64_t kGrain = 16384;

float* data(const at::Tensor& tensor) { return tensor.data_ptr<float>(); }

at::Tensor plain(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat, "the training blocks compute in f32");
  return tensor.contiguous();
}

// Calls work(range, sums) for blocks of rows; sums is that block's part of [blocks, columns], or
// null when columns is 0. Returns the total [columns].
template <typename Work>
at::Tensor over_rows(int64_t rows, int64_t columns, const at::TensorOptions& options,
                     const Work& work) {
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  at::Tensor sums = at::zeros({blocks, columns}, options);
  float* const base = data(sums);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const RowRange range{i * kBlockRows, std::min(rows, (i + 1) * kBlockRows)};
      work(range, columns == 0 ? nullptr : base + i * columns);
    }
  });
  for (int64_t i = 1; i < blocks; ++i) {
    for (int64_t c = 0; c < columns; ++c) base[c] += base[i * columns + c];
  }
  return blocks == 0 ? at::zeros({columns}, options) : sums.select(0, 0);
}

struct TokenShiftFunction : torch::autograd::Function<TokenShiftFunction> {
  static constexpr int64_t kMaxBranches = 6;
  using Pointers = std::array<float*, kMaxBranches>;

  static variable_list forward(AutogradContext* ctx, const at::Tensor& x_in,
                               const at::Tensor& mu_in) {
    const at::Tensor x = plain(x_in), mu = plain(mu_in);
    TORCH_CHECK(
        x.dim() == 3 && mu.dim() == 2 && mu.size(1) == x.size(2) && mu.size(0) <= kMaxBranches,
        "token_shift: shapes");
    ctx->saved_data["mu"] = mu_in.requires_grad();
    ctx->save_for_backward({x, mu});
    const TokenShift op = make(x, mu);
    variable_list out;
    Pointers to{};
    for (int64_t j = 0; j < op.branches; ++j) {
      out.push_back(at::empty({x.size(0) * x.size(1), op.width}, x.options()));
      to[static_cast<size_t>(j)] = data(out.back());
    }
    over_rows(x.size(0) * x.size(1), 0, x.options(),
              [&](RowRange range, float*) { token_shift_forward(op, range, to.data()); });
    return out;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads_in) {
    const variable_list saved = ctx->get_saved_variables();
    const TokenShift op = make(saved[0], saved[1]);
    variable_list grads;
    Pointers from{};
    for (size_t j = 0; j < grads_in.size(); ++j) {
      grads.push_back(plain(grads_in[j]));
      from[j] = data(grads[j]);
    }
    const bool wants_mu = ctx->saved_data["mu"].toBool();
    at::Tensor dx = at::empty_like(saved[0]);
    const at::Tensor dmu = over_rows(dx.size(0) * dx.size(1), wants_mu ? op.branches * op.width : 0,
                                     dx.options(), [&](RowRange range, float* sums) {
                                       token_shift_backward(op, range, from.data(), data(dx), sums);
                                     });
    return {dx, wants_mu ? dmu.view({op.branches, op.width}) : at::Tensor()};
  }
  static TokenShift make(const at::Tensor& x, const at::Tensor& mu) {
    return TokenShift{.time = x.size(1),
                      .width = x.size(2),
                      .branches = mu.size(0),
                      .x = data(x),
                      .mu = data(mu)};
  }
};

struct KeyPrepFunction : torch::autograd::Function<KeyPrepFunction> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& k_in,
                               const at::Tensor& alpha_in, const at::Tensor& k_k,
                               const at::Tensor& k_a, int64_t head_size) {
    const variable_list in{plain(k_in), plain(alpha_in), plain(k_k), plain(k_a)};
    ctx->saved_data["head_size"] = head_size;
    ctx->saved_data["parameters"] = k_k.requires_grad() || k_a.requires_grad();
    ctx->save_for_backward(in);
    const KeyPrep op = make(in, head_size);
    variable_list out{at::empty_like(in[0]), at::empty_like(in[0]), at::empty_like(in[0])};
    over_rows(in[0].size(0), 0, in[0].options(), [&](RowRange range, float*) {
      key_prep_forward(op, range, data(out[0]), data(out[1]), data(out[2]));
    });
    return out;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list in = ctx->get_saved_variables();
    const variable_list g{plain(grads[0]), plain(grads[1]), plain(grads[2])};
    const KeyPrep op = make(in, ctx->saved_data["head_size"].toInt());
    const bool wants = ctx->saved_data["parameters"].toBool();
    at::Tensor dk = at::empty_like(in[0]), dalpha = at::empty_like(in[0]);
    const at::Tensor sums = over_rows(
        in[0].size(0), wants ? 2 * op.width : 0, dk.options(), [&](RowRange range, float* sum) {
          key_prep_backward(op, range, data(g[0]), data(g[1]), data(g[2]), data(dk), data(dalpha),
                            sum, sum == nullptr ? nullptr : sum + op.width);
        });
    if (!wants) return {dk, dalpha, at::Tensor(), at::Tensor(), at::Tensor()};
    return {dk, dalpha, sums.narrow(0, 0, op.width), sums.narrow(0, op.width, op.width),
            at::Tensor()};
  }
  static KeyPrep make(const variable_list& in, int64_t head_size) {
    TORCH_CHECK(in[0].dim() == 2 && in[0].sizes() == in[1].sizes(), "key_prep: shapes");
    TORCH_CHECK(in[2].numel() == in[0].size(1) && in[3].numel() == in[0].size(1),
                "key_prep: parameter shapes");
    return KeyPrep{.width = in[0].size(1),
                   .head_size = head_size,
                   .k = data(in[0]),
                   .alpha = data(in[1]),
                   .k_k = data(in[2]),
                   .k_a = data(in[3])};
  }
};

struct ValueMixFunction : torch::autograd::Function<ValueMixFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& v_in,
                            const at::Tensor& first_in, const at::Tensor& gate_in) {
    const at::Tensor v = plain(v_in), first = plain(first_in), gate = plain(gate_in);
    TORCH_CHECK(v.sizes() == first.sizes() && v.sizes() == gate.sizes(), "value_mix: shapes");
    ctx->save_for_backward({v, first, gate});
    at::Tensor out = at::empty_like(v);
    at::parallel_for(0, v.numel(), kGrain, [&](int64_t i, int64_t end) {
      value_mix_forward(end - i, data(v) + i, data(first) + i, data(gate) + i, data(out) + i);
    });
    return out;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list in = ctx->get_saved_variables();
    const at::Tensor g = plain(grads[0]);
    at::Tensor dv = at::empty_like(g), dfirst = at::empty_like(g), dgate = at::empty_like(g);
    at::parallel_for(0, g.numel(), kGrain, [&](int64_t i, int64_t end) {
      value_mix_backward(end - i, data(in[0]) + i, data(in[1]) + i, data(in[2]) + i, data(g) + i,
                         data(dv) + i, data(dfirst) + i, data(dgate) + i);
    });
    return {dv, dfirst, dgate};
  }
};

struct HeadOutFunction : torch::autograd::Function<HeadOutFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& y, const at::Tensor& r,
                            const at::Tensor& k, const at::Tensor& v, const at::Tensor& gate,
                            const at::Tensor& r_k, const at::Tensor& ln_w, const at::Tensor& ln_b,
                            int64_t head_size, double epsilon) {
    const variable_list in{plain(y),    plain(r),   plain(k),    plain(v),
                           plain(gate), plain(r_k), plain(ln_w), plain(ln_b)};
    ctx->saved_data["head_size"] = head_size;
    ctx->saved_data["epsilon"] = epsilon;
    ctx->saved_data["parameters"] =
        r_k.requires_grad() || ln_w.requires_grad() || ln_b.requires_grad();
    ctx->save_for_backward(in);
    const HeadOut op = make(in, head_size, epsilon);
    at::Tensor out = at::empty_like(in[0]);
    over_rows(in[0].size(0), 0, out.options(),
              [&](RowRange range, float*) { head_out_forward(op, range, data(out)); });
    return out;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list in = ctx->get_saved_variables();
    const at::Tensor g = plain(grads[0]);
    const HeadOut op =
        make(in, ctx->saved_data["head_size"].toInt(), ctx->saved_data["epsilon"].toDouble());
    const bool wants = ctx->saved_data["parameters"].toBool();
    variable_list out;
    for (int i = 0; i < 5; ++i) out.push_back(at::empty_like(g));
    const int64_t width = op.width;
    const at::Tensor sums =
        over_rows(g.size(0), wants ? 3 * width : 0, g.options(), [&](RowRange range, float* sum) {
          HeadOutGrads to{.y = data(out[0]),
                          .r = data(out[1]),
                          .k = data(out[2]),
                          .v = data(out[3]),
                          .gate = data(out[4])};
          if (sum != nullptr) {
            to.r_k = sum;
            to.ln_w = sum + width;
            to.ln_b = sum + 2 * width;
          }
          head_out_backward(op, range, data(g), to);
        });
    for (int64_t i = 0; i < 3; ++i) {
      out.push_back(wants ? sums.narrow(0, i * width, width) : at::Tensor());
    }
    out.emplace_back();  // head_size
    out.emplace_back();  // epsilon
    return out;
  }
  static HeadOut make(const variable_list& in, int64_t head_size, double epsilon) {
    for (size_t i = 1; i < 5; ++i) {
      TORCH_CHECK(in[i].dim() == 2 && in[i].sizes() == in[0].sizes(), "head_out: shapes");
    }
    for (size_t i = 5; i < 8; ++i) {
      TORCH_CHECK(in[i].numel() == in[0].size(1), "head_out: parameter shapes");
    }
    return HeadOut{.width = in[0].size(1),
                   .head_size = head_size,
                   .epsilon = static_cast<float>(epsilon),
                   .y = data(in[0]),
                   .r = data(in[1]),
                   .k = data(in[2]),
                   .v = data(in[3]),
                   .gate = data(in[4]),
                   .r_k = data(in[5]),
                   .ln_w = data(in[6]),
                   .ln_b = data(in[7])};
  }
};

struct ReluSquaredFunction : torch::autograd::Function<ReluSquaredFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x_in) {
    const at::Tensor x = plain(x_in);
    ctx->save_for_backward({x});
    at::Tensor out = at::empty_like(x);
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t i, int64_t end) {
      relu_squared_forward(end - i, data(x) + i, data(out) + i);
    });
    return out;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const at::Tensor x = ctx->get_saved_variables()[0], g = plain(grads[0]);
    at::Tensor dx = at::empty_like(x);
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t i, int64_t end) {
      relu_squared_backward(end - i, data(x) + i, data(g) + i, data(dx) + i);
    });
    return {dx};
  }
};

}  // namespace

std::vector<at::Tensor> token_shift(const at::Tensor& x, const at::Tensor& mu) {
  return TokenShiftFunction::apply(x, mu);
}

std::array<at::Tensor, 3> key_prep(const at::Tensor& k, const at::Tensor& alpha,
                                   const at::Tensor& k_k, const at::Tensor& k_a,
                                   int64_t head_size) {
  const variable_list out = KeyPrepFunction::apply(k, alpha, k_k, k_a, head_size);
  return {out[0], out[1], out[2]};
}

at::Tensor value_mix(const at::Tensor& v, const at::Tensor& v_first, const at::Tensor& gate) {
  return ValueMixFunction::apply(v, v_first, gate);
}

at::Tensor head_out(const HeadOutInputs& in, int64_t head_size, double epsilon) {
  return HeadOutFunction::apply(in.y, in.r, in.k, in.v, in.gate, in.r_k, in.ln_w, in.ln_b,
                                head_size, epsilon);
}

at::Tensor relu_squared(const at::Tensor& x) { return ReluSquaredFunction::apply(x); }

}  // namespace greylag::gpu
