// SPDX-License-Identifier: Apache-2.0
// How does a block of RWKV-7 change the residual stream? Facts 1.2 over the op table, for the
// layers of a language model and for the modules of a reasoning core.
#pragma once

#include <cstdint>
#include <span>

#include "core/model/op_timer.h"
#include "core/model/state_pool.h"
#include "core/model/weights.h"
#include "gpu/op_table.h"

namespace greylag {

// The buffer's first elements as a tensor of this shape.
gpu::TensorView with_shape(const gpu::Tensor& buffer, const gpu::Shape& shape);

// Work buffers with room for `rows` rows; contents undefined. All [rows, C] unless noted.
struct BlockWorkspace {
  gpu::Tensor mixed /* [6, rows, C] */, r, d, k, v, v_first, v_gate, a, g, y, ffn /* [rows, 4C] */;
  gpu::Tensor low_d, low_a, low_v, low_g;  // [rows, rank of each]
  gpu::Tensor adapter_low;                 // [rows, largest adapter rank]
  int64_t rows = 0, adapter_floats = 0;

  // Throws std::bad_alloc; the next call then starts over.
  void grow(gpu::Device& device, const Config& config, int64_t wanted, int64_t adapter_rank);
};

// The sequences of one pass and the blocks that take them forward. v_first lives in the workspace
// between the calls: the block without a value residual sets it.
class Blocks {
 public:
  // spans cover rows [0, rows), each with its slot of the pool; adapters: one per span (null =
  // none), or empty. Everything referred to outlives the object; the workspace has room.
  Blocks(const Config& config, gpu::Device& device, gpu::Queue& queue, BlockWorkspace& workspace,
         StatePool& pool, int64_t rows, std::span<const gpu::SequenceSpan> spans,
         std::span<const AdapterWeights* const> adapters, bool is_sparse, OpClock* clock);

  // x [rows, C] in place. layer: of the adapters; state_layer: of the pool.
  void run(const LayerWeights& w, int layer, int state_layer, const gpu::TensorView& x);

  // Layer norm with the base's weights, or, row by row, those of adapters that replace it; pick:
  // which Norm of an adapter it is. y may be x.
  template <typename Pick>
  void layer_norm(const gpu::TensorView& x, const gpu::Tensor& weight, const gpu::Tensor& bias,
                  Pick pick, const gpu::TensorView& y) const;

 private:
  static constexpr float kLayerNormEps = 1e-5f;

  gpu::TensorView wide(const gpu::Tensor& buffer) const;
  gpu::TensorView low(const gpu::Tensor& buffer, const gpu::Tensor& w1) const;
  template <typename Run>
  void for_each_adapter(Run run) const;
  std::span<const gpu::SequenceSpan> spans_of(int64_t begin, int64_t count) const;
  template <typename Pick, typename Run>
  void with_norm(const gpu::Tensor& weight, const gpu::Tensor& bias, Pick pick, Run run) const;
  template <typename Pick>
  void shift_mix(const gpu::TensorView& x, const gpu::Tensor& weight, const gpu::Tensor& bias,
                 Pick pick, const gpu::Tensor& mix, const gpu::TensorView& shift, int state_layer,
                 const gpu::TensorView& y) const;
  void matmul(std::initializer_list<gpu::Product> products) const;
  bool adapt(const gpu::TensorView& x, const gpu::TensorView& y, int layer,
             AdapterTarget target) const;
  bool is_adapted(int layer, AdapterTarget target) const;
  void time_mix(const LayerWeights& w, int layer, int state_layer, const gpu::TensorView& x);
  void channel_mix(const LayerWeights& w, int layer, int state_layer, const gpu::TensorView& x);

  const Config& config_;
  gpu::Queue& queue_;
  const gpu::OpTable& ops_;
  BlockWorkspace& ws_;
  StatePool& pool_;
  int64_t rows_;  // M
  std::span<const gpu::SequenceSpan> spans_;
  std::span<const AdapterWeights* const> adapters_;
  OpTimer timer_;
  bool is_sparse_;  // leave out the zeros of relu^2
  bool has_norms_;  // an adapter of the batch replaces layer norms
};

// Calls run(adapter or null, first row, rows) for each stretch of neighbouring sequences with the
// same adapter.
template <typename Run>
void Blocks::for_each_adapter(Run run) const {
  for (size_t i = 0; i < spans_.size();) {
    const AdapterWeights* adapter = adapters_.empty() ? nullptr : adapters_[i];
    const int64_t begin = spans_[i].row_begin;
    int64_t end = begin;
    for (; i < spans_.size() && (adapters_.empty() || adapters_[i] == adapter); ++i) {
      end = spans_[i].row_begin + spans_[i].row_count;
    }
    run(adapter, begin, end - begin);
  }
}

// Calls run(weight, bias, first row, rows) with the norm's weights: once with the base's, or, when
// an adapter of the batch replaces norms, per stretch.
template <typename Pick, typename Run>
void Blocks::with_norm(const gpu::Tensor& weight, const gpu::Tensor& bias, Pick pick,
                       Run run) const {
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
void Blocks::layer_norm(const gpu::TensorView& x, const gpu::Tensor& weight,
                        const gpu::Tensor& bias, Pick pick, const gpu::TensorView& y) const {
  timer_.timed("norm", {}, [&] {
    with_norm(
        weight, bias, pick,
        [&](const gpu::TensorView& w, const gpu::TensorView& b, int64_t begin, int64_t count) {
          ops_.layer_norm(queue_, x.rows(begin, count), w, b, kLayerNormEps, y.rows(begin, count));
        });
  });
}

}  // namespace greylag
