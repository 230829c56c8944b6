// SPDX-License-Identifier: Apache-2.0
#include "core/model/blocks.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace greylag {
namespace {

using gpu::Activation;
using gpu::DType;
using gpu::Product;
using gpu::TensorView;

const AdapterWeights::Pair* pair_of(const AdapterWeights* adapter, int layer,
                                    AdapterTarget target) {
  if (adapter == nullptr) return nullptr;
  const auto& pair = adapter->layers[static_cast<size_t>(layer)][static_cast<size_t>(target)];
  return pair.a ? &pair : nullptr;
}

}  // namespace

TensorView with_shape(const gpu::Tensor& buffer, const gpu::Shape& shape) {
  TensorView view = buffer.view();
  view.shape = shape;
  return view;
}

void BlockWorkspace::grow(gpu::Device& device, const Config& c, int64_t wanted,
                          int64_t adapter_rank) {
  const auto make = [&](gpu::Tensor& buffer, int64_t floats) {
    buffer = gpu::Tensor();  // give back first: the peak stays at one set of buffers
    buffer = device.allocate(DType::F32, {floats});
  };
  if (wanted > rows) {
    rows = 0;  // should an allocation throw, the next batch starts over
    for (gpu::Tensor* buffer : {&r, &d, &k, &v, &v_first, &v_gate, &a, &g, &y}) {
      make(*buffer, wanted * c.width);
    }
    make(mixed, 6 * wanted * c.width);
    make(low_d, wanted * c.decay_rank);
    make(low_a, wanted * c.alpha_rank);
    make(low_v, wanted * c.value_rank);
    make(low_g, wanted * c.gate_rank);
    make(ffn, wanted * c.ffn_width);
    rows = wanted;
  }
  if (wanted * adapter_rank > adapter_floats) {
    adapter_floats = 0;
    make(adapter_low, wanted * adapter_rank);
    adapter_floats = wanted * adapter_rank;
  }
}

Blocks::Blocks(const Config& config, gpu::Device& device, gpu::Queue& queue,
               BlockWorkspace& workspace, StatePool& pool, int64_t rows,
               std::span<const gpu::SequenceSpan> spans,
               std::span<const AdapterWeights* const> adapters, bool is_sparse, OpClock* clock)
    : config_(config),
      queue_(queue),
      ops_(device.ops()),
      ws_(workspace),
      pool_(pool),
      rows_(rows),
      spans_(spans),
      adapters_(adapters),
      timer_(clock, queue),
      is_sparse_(is_sparse),
      has_norms_(std::ranges::any_of(adapters, [](const AdapterWeights* adapter) {
        return adapter != nullptr && !adapter->norms.empty();
      })) {}

void Blocks::run(const LayerWeights& w, int layer, int state_layer, const TensorView& x) {
  time_mix(w, layer, state_layer, x);
  channel_mix(w, layer, state_layer, x);
}

TensorView Blocks::wide(const gpu::Tensor& buffer) const {
  return with_shape(buffer, {rows_, config_.width});
}

// [rows, rank] of the product with w1 [rank, C].
TensorView Blocks::low(const gpu::Tensor& buffer, const gpu::Tensor& w1) const {
  return with_shape(buffer, {rows_, w1.shape()[0]});
}

// The spans of rows [begin, begin + count), which a stretch of whole sequences has.
std::span<const gpu::SequenceSpan> Blocks::spans_of(int64_t begin, int64_t count) const {
  const auto place = [&](int64_t row) {
    return std::ranges::lower_bound(spans_, row, {}, &gpu::SequenceSpan::row_begin) -
           spans_.begin();
  };
  const auto first = static_cast<size_t>(place(begin));
  return spans_.subspan(first, static_cast<size_t>(place(begin + count)) - first);
}

template <typename Pick>
void Blocks::shift_mix(const TensorView& x, const gpu::Tensor& weight, const gpu::Tensor& bias,
                       Pick pick, const gpu::Tensor& mix, const TensorView& shift, int state_layer,
                       const TensorView& y) const {
  timer_.timed("norm, shift, mix", {}, [&] {
    with_norm(weight, bias, pick,
              [&](const TensorView& w, const TensorView& b, int64_t begin, int64_t count) {
                ops_.shift_mix(queue_, x, w, b, kLayerNormEps, mix, shift, state_layer,
                               spans_of(begin, count), y);
              });
  });
}

void Blocks::matmul(std::initializer_list<Product> products) const {
  ops_.matmul(queue_, {products.begin(), products.size()});
}

// y += B (A x), scaled, on the rows of the sequences whose adapter changes this matrix; true when
// there is one.
bool Blocks::adapt(const TensorView& x, const TensorView& y, int layer,
                   AdapterTarget target) const {
  bool is_changed = false;
  for_each_adapter([&](const AdapterWeights* adapter, int64_t begin, int64_t count) {
    const AdapterWeights::Pair* pair = pair_of(adapter, layer, target);
    if (pair == nullptr) return;
    is_changed = true;
    const TensorView low = with_shape(ws_.adapter_low, {count, pair->a.shape()[0]});
    matmul({{.x = x.rows(begin, count), .w = pair->a, .y = low}});
    matmul({{.x = low,
             .w = pair->b,
             .y = y.rows(begin, count),
             .scale = adapter->scale,
             .is_accumulating = true}});
  });
  return is_changed;
}

bool Blocks::is_adapted(int layer, AdapterTarget target) const {
  return std::ranges::any_of(adapters_, [&](const AdapterWeights* adapter) {
    return pair_of(adapter, layer, target) != nullptr;
  });
}

void Blocks::time_mix(const LayerWeights& w, int layer, int state_layer, const TensorView& x) {
  const bool is_first = !w.v1;  // has no value residual
  const auto l = static_cast<size_t>(layer);
  const auto ln1 = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln1; };
  const TensorView mixed = with_shape(ws_.mixed, {6, rows_, config_.width});
  shift_mix(x, w.ln1_weight, w.ln1_bias, ln1, w.att_mix, pool_.att_shift(), state_layer, mixed);
  const auto branch = [&](int64_t i) { return mixed.rows(i, 1).reshaped({rows_, config_.width}); };
  const TensorView x_r = branch(0), x_w = branch(1), x_k = branch(2), x_v = branch(3),
                   x_a = branch(4), x_g = branch(5);
  const TensorView r = wide(ws_.r), d = wide(ws_.d), k = wide(ws_.k), a = wide(ws_.a),
                   g = wide(ws_.g), y = wide(ws_.y), v_gate = wide(ws_.v_gate);
  const TensorView v_first = wide(ws_.v_first);
  const TensorView v = is_first ? v_first : wide(ws_.v);  // the first block's v is v_first

  const TensorView low_d = low(ws_.low_d, w.w1), low_a = low(ws_.low_a, w.a1),
                   low_g = low(ws_.low_g, w.g1);
  std::array<Product, 7> in{{{.x = x_r, .w = w.receptance, .y = r},
                             {.x = x_k, .w = w.key, .y = k},
                             {.x = x_v, .w = w.value, .y = v},
                             {.x = x_w, .w = w.w1, .y = low_d, .after = Activation::Tanh},
                             {.x = x_a, .w = w.a1, .y = low_a},
                             {.x = x_g, .w = w.g1, .y = low_g, .after = Activation::Sigmoid}}};
  std::array<Product, 4> out{{{.x = low_d, .w = w.w2, .y = d},
                              {.x = low_a, .w = w.a2, .y = a},
                              {.x = low_g, .w = w.g2, .y = g}}};
  if (!is_first) {
    const TensorView low_v = low(ws_.low_v, w.v1);
    in[6] = {.x = x_v, .w = w.v1, .y = low_v};
    out[3] = {.x = low_v, .w = w.v2, .y = v_gate};
  }
  timer_.timed("r k v, low rank in", {&w.receptance, &w.key, &w.value, &w.w1, &w.a1, &w.v1, &w.g1},
               [&] {
                 ops_.matmul(queue_, std::span(in).first(is_first ? 6 : 7));
                 adapt(x_r, r, layer, AdapterTarget::Receptance);
                 adapt(x_k, k, layer, AdapterTarget::Key);
                 adapt(x_v, v, layer, AdapterTarget::Value);
               });
  timer_.timed("low rank out", {&w.w2, &w.a2, &w.v2, &w.g2},
               [&] { ops_.matmul(queue_, std::span(out).first(is_first ? 3 : 4)); });
  gpu::OpTable::Attend heads;
  heads.r = r, heads.d = d, heads.k = k, heads.v = v, heads.a = a, heads.g = g;
  heads.w0 = w.w0, heads.a0 = w.a0, heads.k_k = w.k_k, heads.k_a = w.k_a, heads.r_k = w.r_k;
  heads.state = pool_.wkv(), heads.layer = state_layer, heads.y = y;
  if (!is_first) {
    heads.v_gate = v_gate;
    heads.v_first = v_first;
    heads.v0 = w.v0;
  }
  const auto ln_x = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln_x; };
  timer_.timed("attend", {}, [&] {
    with_norm(w.ln_x_weight, w.ln_x_bias, ln_x,
              [&](const TensorView& weight, const TensorView& bias, int64_t begin, int64_t count) {
                heads.ln_weight = weight, heads.ln_bias = bias;
                heads.spans = spans_of(begin, count);
                ops_.attend(queue_, heads);
              });
  });
  timer_.timed("output", {&w.output}, [&] {
    matmul({{.x = y, .w = w.output, .y = x, .is_accumulating = true}});
    adapt(y, x, layer, AdapterTarget::Output);
  });
}

void Blocks::channel_mix(const LayerWeights& w, int layer, int state_layer, const TensorView& x) {
  const auto l = static_cast<size_t>(layer);
  const auto ln2 = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln2; };
  const TensorView mixed = with_shape(ws_.mixed, {1, rows_, config_.width});
  shift_mix(x, w.ln2_weight, w.ln2_bias, ln2, w.ffn_mix, pool_.ffn_shift(), state_layer, mixed);
  const TensorView h = with_shape(ws_.ffn, {rows_, config_.ffn_width});
  const TensorView x_k = mixed.reshaped({rows_, config_.width});
  const bool is_key_adapted = is_adapted(layer, AdapterTarget::FfnKey);
  const Activation after = is_key_adapted ? Activation::None : Activation::ReluSquared;
  timer_.timed("ffn key", {&w.ffn_key}, [&] {
    matmul({{.x = x_k, .w = w.ffn_key, .y = h, .after = after}});
    if (!is_key_adapted) return;
    adapt(x_k, h, layer, AdapterTarget::FfnKey);
    ops_.activate(queue_, h, Activation::ReluSquared);
  });
  timer_.timed("ffn value", {&w.ffn_value}, [&] {
    matmul({{.x = h, .w = w.ffn_value, .y = x, .is_accumulating = true, .is_sparse = is_sparse_}});
    adapt(h, x, layer, AdapterTarget::FfnValue);
  });
}

}  // namespace greylag
