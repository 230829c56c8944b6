// SPDX-License-Identifier: Apache-2.0
// How does a batch of tokens become logits? Facts 1.2, in the same symbols. Work buffers have room
// for the largest batch so far and are cut to M rows; v_first lives inside one forward.
#include "core/model/rwkv7.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>

#include "core/model/op_clock.h"

namespace greylag {
namespace {

using gpu::Activation;
using gpu::DType;
using gpu::Product;
using gpu::TensorView;

constexpr float kLayerNormEps = 1e-5f;
// Rows whose logits are computed and copied at once: bounds the buffer at 32 V floats.
constexpr int64_t kHeadRows = 32;

TensorView with_shape(const gpu::Tensor& buffer, const gpu::Shape& shape) {
  TensorView view = buffer.view();
  view.shape = shape;
  return view;
}

// Largest rank of any adapter of the batch; 0 = no adapters.
int64_t largest_rank(const Batch& batch) {
  int64_t rank = 0;
  for (const AdapterWeights* adapter : batch.adapters) {
    if (adapter == nullptr) continue;
    for (const auto& layer : adapter->layers) {
      for (const auto& pair : layer) {
        if (pair.a) rank = std::max(rank, pair.a.shape()[0]);
      }
    }
  }
  return rank;
}

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

}  // namespace

struct Rwkv7::Workspace {
  // Room for `rows` rows; contents undefined. All [rows, C] unless noted.
  gpu::Tensor x, mixed /* [6, rows, C] */, r, d, k, v, v_first, v_gate, a, g, y,
      ffn /* [rows, 4C] */;
  gpu::Tensor low_d, low_a, low_v, low_g;  // [rows, rank of each]
  gpu::Tensor adapter_low;                 // [rows, largest adapter rank]
  gpu::Tensor head_rows, head_logits;      // [kHeadRows, C], [kHeadRows, V]
  int64_t rows = 0, adapter_floats = 0;

  void grow(gpu::Device& device, const Config& c, int64_t wanted, int64_t adapter_rank) {
    const auto make = [&](gpu::Tensor& buffer, int64_t floats) {
      buffer = gpu::Tensor();  // give back first: the peak stays at one set of buffers
      buffer = device.allocate(DType::F32, {floats});
    };
    if (wanted > rows) {
      rows = 0;  // should an allocation throw, the next batch starts over
      for (gpu::Tensor* buffer : {&x, &r, &d, &k, &v, &v_first, &v_gate, &a, &g, &y}) {
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
    if (!head_rows) make(head_rows, kHeadRows * c.width);
    if (!head_logits) make(head_logits, kHeadRows * c.vocab);
    if (wanted * adapter_rank > adapter_floats) {
      adapter_floats = 0;
      make(adapter_low, wanted * adapter_rank);
      adapter_floats = wanted * adapter_rank;
    }
  }
};

// One call of forward: the batch, views cut to its M rows, and the steps of a layer.
class Rwkv7::Pass {
 public:
  Pass(const Weights& weights, gpu::Device& device, gpu::Queue& queue, Workspace& ws,
       const Batch& batch, StatePool& pool, bool is_sparse, OpClock* clock)
      : weights_(weights),
        config_(weights.config),
        device_(device),
        queue_(queue),
        ops_(device.ops()),
        ws_(ws),
        batch_(batch),
        pool_(pool),
        clock_(clock),
        rows_(static_cast<int64_t>(batch.tokens.size())),
        is_sparse_(is_sparse),
        has_norms_(std::ranges::any_of(batch.adapters, [](const AdapterWeights* adapter) {
          return adapter != nullptr && !adapter->norms.empty();
        })) {}

  void run(std::span<float> logits, std::span<float> hidden) {
    const TensorView x = wide(ws_.x);
    timed("embed", {}, [&] { ops_.embed(queue_, batch_.tokens, weights_.embedding, x); });
    const auto ln0 = [](const AdapterWeights& a) { return &a.ln0; };
    layer_norm(x, weights_.ln0_weight, weights_.ln0_bias, ln0, x);
    for (int layer = 0; layer < static_cast<int>(config_.layers); ++layer) {
      const LayerWeights& w = weights_.layers[static_cast<size_t>(layer)];
      time_mix(w, layer, x);
      channel_mix(w, layer, x);
    }
    const auto ln_out = [](const AdapterWeights& a) { return &a.ln_out; };
    layer_norm(x, weights_.ln_out_weight, weights_.ln_out_bias, ln_out, x);
    if (!hidden.empty()) device_.download(queue_, x, hidden.data());
    timed("head", {&weights_.head}, [&] { head(x, logits); });
    queue_.wait();
  }

 private:
  // Runs ops; with a clock, waits for them and adds their time, and the bytes of these weights.
  template <typename Ops>
  void timed(std::string_view name, std::initializer_list<const gpu::Tensor*> weights, Ops ops) {
    if (clock_ == nullptr) return ops();
    const auto start = std::chrono::steady_clock::now();
    ops();
    queue_.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    uint64_t bytes = 0;
    for (const gpu::Tensor* tensor : weights) {
      if (*tensor) bytes += tensor->view().size_bytes();
    }
    clock_->add(name, took.count(), bytes);
  }

  TensorView wide(const gpu::Tensor& buffer) const {
    return with_shape(buffer, {rows_, config_.width});
  }

  // [rows, rank] of the product with w1 [rank, C].
  TensorView low(const gpu::Tensor& buffer, const gpu::Tensor& w1) const {
    return with_shape(buffer, {rows_, w1.shape()[0]});
  }

  // Calls run(adapter or null, first row, rows) for each stretch of neighbouring sequences with the
  // same adapter.
  template <typename Run>
  void for_each_adapter(Run run) const {
    for (size_t i = 0; i < batch_.spans.size();) {
      const AdapterWeights* adapter = batch_.adapters[i];
      const int64_t begin = batch_.spans[i].row_begin;
      int64_t end = begin;
      for (; i < batch_.spans.size() && batch_.adapters[i] == adapter; ++i) {
        end = batch_.spans[i].row_begin + batch_.spans[i].row_count;
      }
      run(adapter, begin, end - begin);
    }
  }

  // The spans of rows [begin, begin + count), which a stretch of whole sequences has.
  std::span<const gpu::SequenceSpan> spans_of(int64_t begin, int64_t count) const {
    const std::span<const gpu::SequenceSpan> all = batch_.spans;
    const auto place = [&](int64_t row) {
      return std::ranges::lower_bound(all, row, {}, &gpu::SequenceSpan::row_begin) - all.begin();
    };
    const auto first = static_cast<size_t>(place(begin));
    return all.subspan(first, static_cast<size_t>(place(begin + count)) - first);
  }

  // Calls run(weight, bias, first row, rows) with the norm's weights: once with the base's, or,
  // when an adapter of the batch replaces norms, per stretch. pick: which Norm of an adapter it is.
  template <typename Pick, typename Run>
  void with_norm(const gpu::Tensor& weight, const gpu::Tensor& bias, Pick pick, Run run) const {
    if (!has_norms_) {
      run(weight.view(), bias.view(), int64_t{0}, rows_);
      return;
    }
    for_each_adapter([&](const AdapterWeights* adapter, int64_t begin, int64_t count) {
      const bool is_replaced = adapter != nullptr && !adapter->norms.empty();
      const AdapterWeights::Norm* own = is_replaced ? pick(*adapter) : nullptr;
      run(own != nullptr && own->weight ? own->weight.view() : weight.view(),
          own != nullptr && own->bias ? own->bias.view() : bias.view(), begin, count);
    });
  }

  template <typename Pick>
  void layer_norm(const TensorView& x, const gpu::Tensor& weight, const gpu::Tensor& bias,
                  Pick pick, const TensorView& y) {
    timed("norm", {}, [&] {
      with_norm(weight, bias, pick,
                [&](const TensorView& w, const TensorView& b, int64_t begin, int64_t count) {
                  ops_.layer_norm(queue_, x.rows(begin, count), w, b, kLayerNormEps,
                                  y.rows(begin, count));
                });
    });
  }

  template <typename Pick>
  void shift_mix(const TensorView& x, const gpu::Tensor& weight, const gpu::Tensor& bias, Pick pick,
                 const gpu::Tensor& mix, const TensorView& shift, int layer, const TensorView& y) {
    timed("norm, shift, mix", {}, [&] {
      with_norm(weight, bias, pick,
                [&](const TensorView& w, const TensorView& b, int64_t begin, int64_t count) {
                  ops_.shift_mix(queue_, x, w, b, kLayerNormEps, mix, shift, layer,
                                 spans_of(begin, count), y);
                });
    });
  }

  void matmul(std::initializer_list<Product> products) {
    ops_.matmul(queue_, {products.begin(), products.size()});
  }

  // y += B (A x), scaled, on the rows of the sequences whose adapter changes this matrix; true when
  // there is one.
  bool adapt(const TensorView& x, const TensorView& y, int layer, AdapterTarget target) {
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

  static const AdapterWeights::Pair* pair_of(const AdapterWeights* adapter, int layer,
                                             AdapterTarget target) {
    if (adapter == nullptr) return nullptr;
    const auto& pair = adapter->layers[static_cast<size_t>(layer)][static_cast<size_t>(target)];
    return pair.a ? &pair : nullptr;
  }

  bool is_adapted(int layer, AdapterTarget target) const {
    return std::ranges::any_of(batch_.adapters, [&](const AdapterWeights* adapter) {
      return pair_of(adapter, layer, target) != nullptr;
    });
  }

  void time_mix(const LayerWeights& w, int layer, const TensorView& x) {
    const auto l = static_cast<size_t>(layer);
    const auto ln1 = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln1; };
    const TensorView mixed = with_shape(ws_.mixed, {6, rows_, config_.width});
    shift_mix(x, w.ln1_weight, w.ln1_bias, ln1, w.att_mix, pool_.att_shift(), layer, mixed);
    const auto branch = [&](int64_t i) {
      return mixed.rows(i, 1).reshaped({rows_, config_.width});
    };
    const TensorView x_r = branch(0), x_w = branch(1), x_k = branch(2), x_v = branch(3),
                     x_a = branch(4), x_g = branch(5);
    const TensorView r = wide(ws_.r), d = wide(ws_.d), k = wide(ws_.k), a = wide(ws_.a),
                     g = wide(ws_.g), y = wide(ws_.y), v_gate = wide(ws_.v_gate);
    const TensorView v_first = wide(ws_.v_first);
    const TensorView v = layer == 0 ? v_first : wide(ws_.v);  // layer 0's v is v_first

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
    if (layer > 0) {
      const TensorView low_v = low(ws_.low_v, w.v1);
      in[6] = {.x = x_v, .w = w.v1, .y = low_v};
      out[3] = {.x = low_v, .w = w.v2, .y = v_gate};
    }
    timed("r k v, low rank in", {&w.receptance, &w.key, &w.value, &w.w1, &w.a1, &w.v1, &w.g1}, [&] {
      ops_.matmul(queue_, std::span(in).first(layer > 0 ? 7 : 6));
      adapt(x_r, r, layer, AdapterTarget::Receptance);
      adapt(x_k, k, layer, AdapterTarget::Key);
      adapt(x_v, v, layer, AdapterTarget::Value);
    });
    timed("low rank out", {&w.w2, &w.a2, &w.v2, &w.g2},
          [&] { ops_.matmul(queue_, std::span(out).first(layer > 0 ? 4 : 3)); });
    gpu::OpTable::Attend heads;
    heads.r = r, heads.d = d, heads.k = k, heads.v = v, heads.a = a, heads.g = g;
    heads.w0 = w.w0, heads.a0 = w.a0, heads.k_k = w.k_k, heads.k_a = w.k_a, heads.r_k = w.r_k;
    heads.state = pool_.wkv(), heads.layer = layer, heads.y = y;
    if (layer > 0) {
      heads.v_gate = v_gate;
      heads.v_first = v_first;
      heads.v0 = w.v0;
    }
    const auto ln_x = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln_x; };
    timed("attend", {}, [&] {
      with_norm(
          w.ln_x_weight, w.ln_x_bias, ln_x,
          [&](const TensorView& weight, const TensorView& bias, int64_t begin, int64_t count) {
            heads.ln_weight = weight, heads.ln_bias = bias;
            heads.spans = spans_of(begin, count);
            ops_.attend(queue_, heads);
          });
    });
    timed("output", {&w.output}, [&] {
      matmul({{.x = y, .w = w.output, .y = x, .is_accumulating = true}});
      adapt(y, x, layer, AdapterTarget::Output);
    });
  }

  void channel_mix(const LayerWeights& w, int layer, const TensorView& x) {
    const auto l = static_cast<size_t>(layer);
    const auto ln2 = [l](const AdapterWeights& adapter) { return &adapter.norms[l].ln2; };
    const TensorView mixed = with_shape(ws_.mixed, {1, rows_, config_.width});
    shift_mix(x, w.ln2_weight, w.ln2_bias, ln2, w.ffn_mix, pool_.ffn_shift(), layer, mixed);
    const TensorView h = with_shape(ws_.ffn, {rows_, config_.ffn_width});
    const TensorView x_k = mixed.reshaped({rows_, config_.width});
    const bool is_key_adapted = is_adapted(layer, AdapterTarget::FfnKey);
    const Activation after = is_key_adapted ? Activation::None : Activation::ReluSquared;
    timed("ffn key", {&w.ffn_key}, [&] {
      matmul({{.x = x_k, .w = w.ffn_key, .y = h, .after = after}});
      if (!is_key_adapted) return;
      adapt(x_k, h, layer, AdapterTarget::FfnKey);
      ops_.activate(queue_, h, Activation::ReluSquared);
    });
    timed("ffn value", {&w.ffn_value}, [&] {
      matmul(
          {{.x = h, .w = w.ffn_value, .y = x, .is_accumulating = true, .is_sparse = is_sparse_}});
      adapt(h, x, layer, AdapterTarget::FfnValue);
    });
  }

  void head(const TensorView& hidden, std::span<float> logits) {
    const auto wanted = static_cast<int64_t>(batch_.logit_rows.size());
    for (int64_t begin = 0; begin < wanted; begin += kHeadRows) {
      const int64_t count = std::min(kHeadRows, wanted - begin);
      const TensorView rows = with_shape(ws_.head_rows, {count, config_.width});
      for (int64_t i = 0; i < count; ++i) {
        const int32_t row = batch_.logit_rows[static_cast<size_t>(begin + i)];
        device_.copy(queue_, hidden.rows(row, 1), rows.rows(i, 1));
      }
      const TensorView out = with_shape(ws_.head_logits, {count, config_.vocab});
      matmul({{.x = rows, .w = weights_.head, .y = out}});
      device_.download(queue_, out, logits.data() + begin * config_.vocab);
    }
  }

  const Weights& weights_;
  const Config& config_;
  gpu::Device& device_;
  gpu::Queue& queue_;
  const gpu::OpTable& ops_;
  Workspace& ws_;
  const Batch& batch_;
  StatePool& pool_;
  OpClock* clock_;  // may be null
  int64_t rows_;    // M
  bool is_sparse_;  // leave out the zeros of relu^2
  bool has_norms_;  // an adapter of the batch replaces layer norms
};

Rwkv7::Rwkv7(std::shared_ptr<const Weights> weights, gpu::Device& device, gpu::Queue& queue)
    : weights_(std::move(weights)),
      device_(device),
      queue_(queue),
      workspace_(std::make_unique<Workspace>()) {}

Rwkv7::~Rwkv7() = default;

void Rwkv7::start(StatePool& pool, const StateSlot& slot) const {
  if (weights_->time_state.empty()) {
    pool.reset(slot);
  } else {
    pool.upload_wkv(slot, weights_->time_state);
  }
}

Status Rwkv7::forward(const Batch& batch, StatePool& pool, std::span<float> logits,
                      std::span<float> hidden) {
  if (Status status = check_batch(config(), batch, pool.slots()); !status) return status;
  const size_t rows = batch.tokens.size();
  if (logits.size() != batch.logit_rows.size() * static_cast<size_t>(config().vocab)) {
    return invalid("the logits buffer has another size than the batch asks for");
  }
  if (!hidden.empty() && hidden.size() != rows * static_cast<size_t>(config().width)) {
    return invalid("the hidden buffer has another size than the batch");
  }
  workspace_->grow(device_, config(), static_cast<int64_t>(rows), largest_rank(batch));
  Pass(*weights_, device_, queue_, *workspace_, batch, pool, is_sparse_, clock_)
      .run(logits, hidden);
  return {};
}

}  // namespace greylag
