// SPDX-License-Identifier: Apache-2.0
// How does a batch of tokens become logits? Facts 1.2, in the same symbols. Work buffers have room
// for the largest batch so far and are cut to M rows.
#include "core/model/rwkv7.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/model/blocks.h"
#include "core/model/op_timer.h"

namespace greylag {
namespace {

using gpu::DType;
using gpu::Product;
using gpu::TensorView;

// Rows whose logits are computed and copied at once: bounds the buffer at 32 V floats.
constexpr int64_t kHeadRows = 32;

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
  BlockWorkspace blocks;
  gpu::Tensor x;                       // [rows, C], the residual stream
  gpu::Tensor head_rows, head_logits;  // [kHeadRows, C], [kHeadRows, V]
  int64_t rows = 0;                    // of x

  void grow(gpu::Device& device, const Config& c, int64_t wanted, int64_t adapter_rank) {
    blocks.grow(device, c, wanted, adapter_rank);
    if (wanted > rows) {
      rows = 0;  // should the allocation throw, the next batch starts over
      x = gpu::Tensor();
      x = device.allocate(DType::F32, {wanted * c.width});
      rows = wanted;
    }
    if (!head_rows) head_rows = device.allocate(DType::F32, {kHeadRows * c.width});
    if (!head_logits) head_logits = device.allocate(DType::F32, {kHeadRows * c.vocab});
  }
};

// One call of forward.
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
        rows_(static_cast<int64_t>(batch.tokens.size())),
        is_sparse_(is_sparse),
        clock_(clock),
        timer_(clock, queue),
        blocks_(weights.config, device, queue, ws.blocks, pool, rows_, batch.spans, batch.adapters,
                is_sparse, clock) {}

  void run(std::span<float> logits, std::span<float> hidden) {
    const TensorView x = with_shape(ws_.x, {rows_, config_.width});
    timer_.timed("embed", {}, [&] { ops_.embed(queue_, batch_.tokens, weights_.embedding, x); });
    const auto ln0 = [](const AdapterWeights& a) { return &a.ln0; };
    blocks_.layer_norm(x, weights_.ln0_weight, weights_.ln0_bias, ln0, x);
    for (int layer = 0; layer < static_cast<int>(config_.layers); ++layer) {
      blocks_.run(weights_.layers[static_cast<size_t>(layer)], layer, layer, x);
      run_cores(layer + 1, x);
    }
    const auto ln_out = [](const AdapterWeights& a) { return &a.ln_out; };
    blocks_.layer_norm(x, weights_.ln_out_weight, weights_.ln_out_bias, ln_out, x);
    if (!hidden.empty()) device_.download(queue_, x, hidden.data());
    timer_.timed("head", {&weights_.head}, [&] { head(x, logits); });
    queue_.wait();
  }

 private:
  // The cores that sit after so many blocks, each on its stretch of neighbouring sequences.
  void run_cores(int64_t blocks, const TensorView& x) {
    for (size_t i = 0; i < batch_.spans.size();) {
      const SequenceCore& core = batch_.cores[i];
      const int32_t begin = batch_.spans[i].row_begin;
      core_spans_.clear();
      for (; i < batch_.spans.size() && batch_.cores[i].core == core.core &&
             batch_.cores[i].use == core.use;
           ++i) {
        gpu::SequenceSpan span = batch_.spans[i];
        span.row_begin -= begin;
        span.slot = batch_.cores[i].slot;
        core_spans_.push_back(span);
      }
      if (!core.is_active() || core.core->config().tap != blocks) continue;
      const int64_t rows = core_spans_.back().row_begin + core_spans_.back().row_count;
      core.core->run(x.rows(begin, rows), core_spans_, core.use, is_sparse_, clock_);
    }
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
      const Product product{.x = rows, .w = weights_.head, .y = out};
      ops_.matmul(queue_, {&product, 1});
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
  int64_t rows_;  // M
  bool is_sparse_;
  OpClock* clock_;  // may be null
  std::vector<gpu::SequenceSpan> core_spans_;
  OpTimer timer_;
  Blocks blocks_;
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
