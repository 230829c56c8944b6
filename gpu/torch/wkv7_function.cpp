// SPDX-License-Identifier: Apache-2.0
// wkv7 of blocks.h: gpu/ops/wkv7 as an autograd function.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "gpu/ops/wkv7.h"
#include "gpu/torch/blocks.h"

namespace greylag::gpu {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Runs one call per sequence on LibTorch's own threads when there are enough sequences (a second
// pool of threads would fight with them for the cores), else one call with inner threads.
template <typename Call>
void over_sequences(const Wkv7Sizes& sizes, const Call& call) {
  const auto threads = static_cast<unsigned>(at::get_num_threads());
  if (sizes.batch < static_cast<int64_t>(threads)) {
    call(sizes, 0, threads);
    return;
  }
  at::parallel_for(0, sizes.batch, 1, [&](int64_t begin, int64_t end) {
    Wkv7Sizes part = sizes;
    part.batch = end - begin;
    call(part, begin, 1u);
  });
}

float* at_sequence(const at::Tensor& tensor, int64_t sequence, int64_t stride) {
  return tensor.defined() ? tensor.data_ptr<float>() + sequence * stride : nullptr;
}

struct Strides {
  explicit Strides(const Wkv7Sizes& s)
      : row(s.time * s.heads * s.head_size),
        state(s.heads * s.head_size * s.head_size),
        tiles(state * s.tiles()) {}
  int64_t row, state, tiles;  // elements per sequence
};

struct Wkv7Function : torch::autograd::Function<Wkv7Function> {
  static variable_list forward(AutogradContext* ctx, int64_t batch, int64_t head_size,
                               const at::Tensor& r, const at::Tensor& d, const at::Tensor& k,
                               const at::Tensor& v, const at::Tensor& a, const at::Tensor& b,
                               const at::Tensor& initial, bool is_recording) {
    variable_list in;
    for (const at::Tensor* x : {&r, &d, &k, &v, &a, &b}) {
      TORCH_CHECK(x->scalar_type() == at::kFloat && x->dim() == 2 && x->sizes() == r.sizes(),
                  "wkv7: inputs are f32 [M, C]");
      in.push_back(x->contiguous());
    }
    TORCH_CHECK(batch > 0 && r.size(0) % batch == 0 && r.size(1) % head_size == 0, "wkv7: sizes");
    const Wkv7Sizes sizes{.batch = batch,
                          .time = r.size(0) / batch,
                          .heads = r.size(1) / head_size,
                          .head_size = head_size};
    const bool has_initial = initial.numel() > 0;
    const at::Tensor s0 = has_initial ? initial.contiguous() : at::Tensor();
    const std::array<int64_t, 4> state_shape{batch, sizes.heads, head_size, head_size};
    TORCH_CHECK(!s0.defined() || (s0.scalar_type() == at::kFloat && s0.sizes() == state_shape),
                "wkv7: the initial state is f32 [B, H, N, N]");
    at::Tensor y = at::empty_like(in[0]);
    at::Tensor s_end = at::empty(state_shape, y.options());
    at::Tensor tiles;
    if (is_recording) {
      tiles = at::empty({batch, sizes.heads, sizes.tiles(), head_size, head_size}, y.options());
    }
    const Strides stride(sizes);
    over_sequences(sizes, [&](const Wkv7Sizes& part, int64_t i, unsigned threads) {
      wkv7_forward(part, at_sequence(in[0], i, stride.row), at_sequence(in[1], i, stride.row),
                   at_sequence(in[2], i, stride.row), at_sequence(in[3], i, stride.row),
                   at_sequence(in[4], i, stride.row), at_sequence(in[5], i, stride.row),
                   at_sequence(s0, i, stride.state), at_sequence(y, i, stride.row),
                   at_sequence(s_end, i, stride.state), at_sequence(tiles, i, stride.tiles),
                   threads);
    });
    in.push_back(tiles);
    ctx->save_for_backward(in);
    ctx->saved_data["batch"] = batch;
    ctx->saved_data["head_size"] = head_size;
    ctx->saved_data["initial"] = has_initial && initial.requires_grad();
    return {y, s_end};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list in = ctx->get_saved_variables();
    const int64_t head_size = ctx->saved_data["head_size"].toInt();
    const int64_t batch = ctx->saved_data["batch"].toInt();
    const Wkv7Sizes sizes{.batch = batch,
                          .time = in[0].size(0) / batch,
                          .heads = in[0].size(1) / head_size,
                          .head_size = head_size};
    const at::Tensor dy = grads[0].contiguous();
    const at::Tensor ds_end = grads[1].defined() ? grads[1].contiguous() : at::Tensor();
    variable_list out;
    for (int i = 0; i < 6; ++i) out.push_back(at::empty_like(in[0]));
    at::Tensor ds0;
    if (ctx->saved_data["initial"].toBool()) {
      ds0 = at::empty({batch, sizes.heads, head_size, head_size}, dy.options());
    }
    const Strides stride(sizes);
    over_sequences(sizes, [&](const Wkv7Sizes& part, int64_t i, unsigned threads) {
      wkv7_backward(part, at_sequence(in[0], i, stride.row), at_sequence(in[1], i, stride.row),
                    at_sequence(in[2], i, stride.row), at_sequence(in[3], i, stride.row),
                    at_sequence(in[4], i, stride.row), at_sequence(in[5], i, stride.row),
                    at_sequence(in[6], i, stride.tiles), at_sequence(dy, i, stride.row),
                    at_sequence(ds_end, i, stride.state), at_sequence(out[0], i, stride.row),
                    at_sequence(out[1], i, stride.row), at_sequence(out[2], i, stride.row),
                    at_sequence(out[3], i, stride.row), at_sequence(out[4], i, stride.row),
                    at_sequence(out[5], i, stride.row), at_sequence(ds0, i, stride.state), threads);
    });
    // One gradient per argument of forward: batch, head_size, six inputs, initial, is_recording.
    return {at::Tensor(), at::Tensor(), out[0], out[1], out[2],
            out[3],       out[4],       out[5], ds0,    at::Tensor()};
  }
};

}  // namespace

std::array<at::Tensor, 2> wkv7(int64_t batch, int64_t head_size, const at::Tensor& r,
                               const at::Tensor& d, const at::Tensor& k, const at::Tensor& v,
                               const at::Tensor& a, const at::Tensor& b,
                               const at::Tensor& initial) {
  // Inside forward() the gradient mode is off, so it is asked for here.
  const bool is_recording = at::GradMode::is_enabled();
  // An undefined tensor may not be an argument of apply: an empty one stands for "no state".
  const at::Tensor start = initial.defined() ? initial : at::empty({0}, r.options());
  const variable_list out =
      Wkv7Function::apply(batch, head_size, r, d, k, v, a, b, start, is_recording);
  return {out[0], out[1]};
}

}  // namespace greylag::gpu
