// SPDX-License-Identifier: Apache-2.0
// Blocks run in place on z: every product adds onto x before x is normalised. The RWKV-7 mixer
// projects the positions as they lie, brings r d k v a g into each group's order, and puts the
// heads' outputs back before the output matrix.
#include "core/model/puzzle_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/model/puzzle_scan.h"
#include "gpu/op_table.h"

namespace greylag {

using gpu::Activation;
using gpu::DType;
using gpu::Product;
using gpu::Shape;
using gpu::Tensor;
using gpu::TensorView;

namespace {

constexpr float kRmsEps = 1e-5f;
constexpr double kRotaryTheta = 1e4;

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

// The orders of a block as the ops want them, [G, S'] each.
struct Orders {
  std::vector<int32_t> from;    // position that is read at step t
  std::vector<int32_t> back;    // step at which position p is read
  std::vector<int32_t> before;  // position read before p; -1: none
  bool is_identity = true;      // from and back leave everything in its place
};

Orders orders_of(const PuzzleConfig& c, int64_t block) {
  Orders orders;
  const auto positions = static_cast<size_t>(c.positions());
  for (int64_t group = 0; group < scan_groups(c); ++group) {
    const std::vector<int32_t> order = scan_order(c, block, group);
    std::vector<int32_t> back(positions), before(positions, -1);
    for (size_t t = 0; t < positions; ++t) {
      const auto p = static_cast<size_t>(order[t]);
      back[p] = static_cast<int32_t>(t);
      if (t > 0) before[p] = order[t - 1];
    }
    orders.is_identity = orders.is_identity && std::ranges::is_sorted(order);
    orders.from.insert(orders.from.end(), order.begin(), order.end());
    orders.back.insert(orders.back.end(), back.begin(), back.end());
    orders.before.insert(orders.before.end(), before.begin(), before.end());
  }
  return orders;
}

// cos and sin of p theta^(-2 i / N): [2, S', N / 2] (facts 1.1).
std::vector<float> rotary_table(const PuzzleConfig& c) {
  const int64_t half = c.width / c.heads / 2, positions = c.positions();
  std::vector<float> table;
  for (const bool is_sine : {false, true}) {
    for (int64_t p = 0; p < positions; ++p) {
      for (int64_t i = 0; i < half; ++i) {
        const double exponent = -static_cast<double>(i) / static_cast<double>(half);
        const double angle = static_cast<double>(p) * std::pow(kRotaryTheta, exponent);
        table.push_back(static_cast<float>(is_sine ? std::sin(angle) : std::cos(angle)));
      }
    }
  }
  return table;
}

}  // namespace

// Buffers for B puzzles, M = B S' rows.
struct PuzzleNet::Workspace {
  std::vector<Orders> orders;  // per block; RWKV-7 mixer
  Tensor rotary;               // [2, S', N / 2]; attention with rotary positions
  Tensor e, z_high, z_low;     // [B, S', D]
  Tensor logits;               // [M, V]
  Tensor hidden, inner;        // of the feed-forward: [M, 2 I] and [M, I]; cmix: inner [M, 4 D]
  // Attention: qkv [M, 3 D], y [M, D]. mlp_t: turned, y [B, D, S'], mixer_hidden [B D, 2 I'],
  // mixer_inner [B D, I']. RWKV-7: planes [8, M, D], r to y [M, D], low-rank outputs, and the state
  // of the heads [B, 1, H, N, N].
  Tensor qkv, y, turned, mixer_hidden, mixer_inner;
  Tensor planes, r, d, k, v, v_first, v_gate, a, g, low_d, low_a, low_v, low_g, state;
  std::vector<gpu::SequenceSpan> spans;

  void make(gpu::Device& device, const PuzzleConfig& c, int64_t batch) {
    const int64_t positions = c.positions(), rows = batch * positions, width = c.width;
    const auto f32 = [&](const Shape& shape) { return device.allocate(DType::F32, shape); };
    for (Tensor* z : {&e, &z_high, &z_low}) *z = f32({batch, positions, width});
    logits = f32({rows, c.vocab});
    y = f32({rows, width});
    if (c.feed_forward == PuzzleFeedForward::SwiGlu) {
      hidden = f32({rows, 2 * c.inner});
      inner = f32({rows, c.inner});
    } else {
      hidden = f32({rows, width});
      inner = f32({rows, 4 * width});
    }
    if (c.mixer == PuzzleMixer::Attention) qkv = f32({batch, positions, 3 * width});
    if (c.mixer == PuzzleMixer::Mlp) {
      turned = f32({batch, width, positions});
      mixer_hidden = f32({batch * width, 2 * c.mixer_inner});
      mixer_inner = f32({batch * width, c.mixer_inner});
    }
    if (c.mixer == PuzzleMixer::Rwkv7) {
      planes = f32({8, rows, width});
      for (Tensor* one : {&r, &d, &k, &v, &v_first, &v_gate, &a, &g}) *one = f32({rows, width});
      low_d = f32({rows, c.decay_rank});
      low_a = f32({rows, c.alpha_rank});
      low_v = f32({rows, c.value_rank});
      low_g = f32({rows, c.gate_rank});
      const int64_t n = width / c.heads;
      state = f32({batch, 1, c.heads, n, n});
      spans.clear();
      for (int64_t b = 0; b < batch; ++b) {
        spans.push_back({static_cast<int32_t>(b * positions), static_cast<int32_t>(positions),
                         static_cast<int32_t>(b)});
      }
    }
  }
};

PuzzleNet::PuzzleNet(std::shared_ptr<const PuzzleWeights> weights, gpu::Device& device,
                     gpu::Queue& queue)
    : weights_(std::move(weights)),
      device_(device),
      queue_(queue),
      workspace_(std::make_unique<Workspace>()) {
  const PuzzleConfig& c = config();
  if (c.has_rotary) {
    const std::vector<float> table = rotary_table(c);
    workspace_->rotary = device_.allocate(DType::F32, {2, c.positions(), c.width / c.heads / 2});
    device_.upload(queue_, table.data(), workspace_->rotary);
    queue_.wait();
  }
  if (c.mixer == PuzzleMixer::Rwkv7) {
    for (int64_t block = 0; block < c.blocks; ++block) {
      workspace_->orders.push_back(orders_of(c, block));
    }
  }
}

PuzzleNet::~PuzzleNet() = default;

Status PuzzleNet::start(std::span<const uint8_t> tokens, std::span<const int32_t> puzzle_ids) {
  const PuzzleConfig& c = config();
  const auto batch = static_cast<int64_t>(puzzle_ids.size());
  if (batch == 0 || static_cast<int64_t>(tokens.size()) != batch * c.cells()) {
    return invalid(fmt::format("{} cells for {} puzzles; this model takes {} cells each",
                               tokens.size(), batch, c.cells()));
  }
  for (const uint8_t token : tokens) {
    if (token >= c.vocab) {
      return invalid(
          fmt::format("a cell holds token {}; this model knows 0 to {}", token, c.vocab - 1));
    }
  }
  for (const int32_t id : puzzle_ids) {
    if (id < 0 || id >= c.puzzle_ids) {
      return invalid(fmt::format("puzzle id {}; this model knows 0 to {}", id, c.puzzle_ids - 1));
    }
  }
  if (batch != batch_) {
    batch_ = 0;  // should an allocation throw
    workspace_->make(device_, c, batch);
    batch_ = batch;
  }
  const std::vector<int32_t> ids(tokens.begin(), tokens.end());
  encode(ids, puzzle_ids);
  std::vector<float> high, low;
  for (int64_t row = 0; row < batch * c.positions(); ++row) {
    high.insert(high.end(), weights_->z_high.begin(), weights_->z_high.end());
    low.insert(low.end(), weights_->z_low.begin(), weights_->z_low.end());
  }
  write_state(high, low);
  return {};
}

// Once per puzzle, on the host: embeddings of cells and puzzles are put together and scaled.
void PuzzleNet::encode(std::span<const int32_t> tokens, std::span<const int32_t> puzzle_ids) {
  const PuzzleConfig& c = config();
  const auto width = static_cast<size_t>(c.width), positions = static_cast<size_t>(c.positions()),
             prefix = static_cast<size_t>(c.prefix), cells = static_cast<size_t>(c.cells()),
             puzzle_width = static_cast<size_t>(c.puzzle_width);
  const auto rows_of = [&](std::span<const int32_t> ids, const Tensor& table, size_t columns) {
    const Tensor rows = device_.allocate(
        DType::F32, {static_cast<int64_t>(ids.size()), static_cast<int64_t>(columns)});
    device_.ops().embed(queue_, ids, table, rows);
    std::vector<float> values(ids.size() * columns);
    device_.download(queue_, rows, values.data());
    queue_.wait();
    return values;
  };
  const std::vector<float> cell_rows = rows_of(tokens, weights_->embedding, width);
  const std::vector<float> puzzle_rows = rows_of(puzzle_ids, weights_->puzzles, puzzle_width);
  const bool has_positions = !weights_->positions.empty();
  const auto scale =
      static_cast<float>(std::sqrt(static_cast<double>(c.width) * (has_positions ? 0.5 : 1.0)));
  std::vector<float> e(puzzle_ids.size() * positions * width, 0.0f);
  for (size_t b = 0; b < puzzle_ids.size(); ++b) {
    float* const first = e.data() + b * positions * width;
    std::copy_n(puzzle_rows.data() + b * puzzle_width, puzzle_width, first);
    std::copy_n(cell_rows.data() + b * cells * width, cells * width, first + prefix * width);
    for (size_t i = 0; i < positions * width; ++i) {
      first[i] = scale * (has_positions ? first[i] + weights_->positions[i] : first[i]);
    }
  }
  device_.upload(queue_, e.data(), workspace_->e);
  queue_.wait();
}

void PuzzleNet::run_segment() {
  Workspace& ws = *workspace_;
  const Recursion& recursion = config().recursion;
  recursion.for_each_call(recursion.h_cycles, [&](const Recursion::Call& call) {
    const std::array<TensorView, 3> terms =
        call.is_high ? std::array<TensorView, 3>{ws.z_high, ws.z_low, {}}
                     : std::array<TensorView, 3>{ws.z_low, ws.z_high, ws.e};
    const TensorView& z = terms[0];
    device_.ops().add(queue_, std::span(terms).first(call.is_high ? 2 : 3), z);
    run_module(call.is_high, z);
  });
  queue_.wait();
}

void PuzzleNet::run_module(bool is_high, const TensorView& x) {
  const std::vector<PuzzleBlock>& blocks = weights_->blocks(is_high);
  for (size_t j = 0; j < blocks.size(); ++j) {
    const auto number = static_cast<int64_t>(j);
    mix(blocks[j], number, x);
    device_.ops().rms_norm(queue_, x, kRmsEps, x);
    feed_forward(blocks[j], number, x);
    device_.ops().rms_norm(queue_, x, kRmsEps, x);
  }
}

void PuzzleNet::mix(const PuzzleBlock& block, int64_t number, const TensorView& x) {
  switch (config().mixer) {
    case PuzzleMixer::Attention:
      return attention(block, x);
    case PuzzleMixer::Mlp:
      return mixer_mlp(block, x);
    case PuzzleMixer::Rwkv7:
      return time_mix(block.time_mix, number, x);
  }
}

void PuzzleNet::attention(const PuzzleBlock& block, const TensorView& x) {
  Workspace& ws = *workspace_;
  const Product in{.x = x, .w = block.qkv, .y = ws.qkv};
  device_.ops().matmul(queue_, {&in, 1});
  device_.ops().softmax_attention(queue_, ws.qkv, ws.rotary, config().heads, ws.y);
  const Product out{.x = ws.y, .w = block.out, .y = x, .is_accumulating = true};
  device_.ops().matmul(queue_, {&out, 1});
}

void PuzzleNet::mixer_mlp(const PuzzleBlock& block, const TensorView& x) {
  Workspace& ws = *workspace_;
  const gpu::OpTable& ops = device_.ops();
  ops.transpose(queue_, x, ws.turned);
  const Product in{.x = ws.turned, .w = block.mixer.gate_up, .y = ws.mixer_hidden};
  ops.matmul(queue_, {&in, 1});
  ops.swiglu(queue_, ws.mixer_hidden, ws.mixer_inner);
  const Product out{.x = ws.mixer_inner, .w = block.mixer.down, .y = ws.turned};
  ops.matmul(queue_, {&out, 1});
  ops.transpose(queue_, ws.turned, ws.y);
  const std::array<TensorView, 2> terms{x, ws.y};
  ops.add(queue_, terms, x);
}

void PuzzleNet::time_mix(const PuzzleBlock::TimeMix& w, int64_t number, const TensorView& x) {
  Workspace& ws = *workspace_;
  const gpu::OpTable& ops = device_.ops();
  const Orders& orders = ws.orders[static_cast<size_t>(number)];
  const bool is_first = number == 0;
  const Shape whole = x.shape, flat{x.shape[0] * x.shape[1], x.shape[2]};
  const auto plane = [&](int64_t i) { return ws.planes.view().rows(i, 1).reshaped(flat); };
  ops.ordered_shift_mix(queue_, x, orders.before, w.mix, ws.planes.view().rows(0, 6));
  const TensorView v = is_first ? ws.v_first : ws.v;  // block 0's v is v_first
  std::array<Product, 7> in{
      {{.x = plane(0), .w = w.receptance, .y = ws.r},
       {.x = plane(2), .w = w.key, .y = ws.k},
       {.x = plane(3), .w = w.value, .y = v},
       {.x = plane(1), .w = w.w1, .y = ws.low_d, .after = Activation::Tanh},
       {.x = plane(4), .w = w.a1, .y = ws.low_a},
       {.x = plane(5), .w = w.g1, .y = ws.low_g, .after = Activation::Sigmoid}}};
  std::array<Product, 4> out{{{.x = ws.low_d, .w = w.w2, .y = ws.d},
                              {.x = ws.low_a, .w = w.a2, .y = ws.a},
                              {.x = ws.low_g, .w = w.g2, .y = ws.g}}};
  if (!is_first) {
    in[6] = {.x = plane(3), .w = w.v1, .y = ws.low_v};
    out[3] = {.x = ws.low_v, .w = w.v2, .y = ws.v_gate};
  }
  ops.matmul(queue_, std::span(in).first(is_first ? 6 : 7));
  ops.matmul(queue_, std::span(out).first(is_first ? 3 : 4));

  // The planes are free again: they take what the heads read, in the order of its group.
  int64_t used = 0;
  const auto ordered = [&](const TensorView& values) {
    if (orders.is_identity) return values;
    const TensorView to = plane(used++);
    ops.reorder(queue_, values.reshaped(whole), orders.from, to);
    return to;
  };
  gpu::OpTable::Attend heads;
  heads.r = ordered(ws.r), heads.d = ordered(ws.d), heads.k = ordered(ws.k), heads.v = ordered(v);
  heads.a = ordered(ws.a), heads.g = ordered(ws.g);
  if (!is_first) {
    heads.v_gate = ordered(ws.v_gate), heads.v_first = ordered(ws.v_first);
    heads.v0 = w.v0;
  }
  heads.w0 = w.w0, heads.a0 = w.a0, heads.k_k = w.k_k, heads.k_a = w.k_a, heads.r_k = w.r_k;
  heads.ln_weight = w.ln_x_weight, heads.ln_bias = w.ln_x_bias;
  heads.state = ws.state, heads.spans = ws.spans, heads.y = ws.y;
  device_.fill_zero(queue_, ws.state);
  ops.attend(queue_, heads);
  TensorView y = ws.y;
  if (!orders.is_identity) {
    ops.reorder(queue_, y.reshaped(whole), orders.back, ws.r);
    y = ws.r;
  }
  const Product output{.x = y, .w = w.output, .y = x, .is_accumulating = true};
  ops.matmul(queue_, {&output, 1});
}

void PuzzleNet::feed_forward(const PuzzleBlock& block, int64_t number, const TensorView& x) {
  Workspace& ws = *workspace_;
  const gpu::OpTable& ops = device_.ops();
  const bool is_swiglu = config().feed_forward == PuzzleFeedForward::SwiGlu;
  if (is_swiglu) {
    const Product in{.x = x, .w = block.feed_forward.gate_up, .y = ws.hidden};
    ops.matmul(queue_, {&in, 1});
    ops.swiglu(queue_, ws.hidden, ws.inner);
  } else {
    const Orders& orders = ws.orders[static_cast<size_t>(number)];
    ops.ordered_shift_mix(queue_, x, orders.before, block.channel_mix.mix, ws.hidden);
    const Product in{.x = ws.hidden,
                     .w = block.channel_mix.key,
                     .y = ws.inner,
                     .after = Activation::ReluSquared};
    ops.matmul(queue_, {&in, 1});
  }
  const Product out{.x = ws.inner,
                    .w = is_swiglu ? block.feed_forward.down : block.channel_mix.value,
                    .y = x,
                    .is_accumulating = true};
  ops.matmul(queue_, {&out, 1});
}

void PuzzleNet::read(std::span<float> logits, std::span<float> q) const {
  const PuzzleConfig& c = config();
  const Workspace& ws = *workspace_;
  const Product head{.x = ws.z_high, .w = weights_->head, .y = ws.logits};
  device_.ops().matmul(queue_, {&head, 1});
  const int64_t positions = c.positions(), width = c.width;
  std::vector<float> all(static_cast<size_t>(batch_ * positions * c.vocab));
  std::vector<float> z(static_cast<size_t>(batch_ * positions * width));
  device_.download(queue_, ws.logits, all.data());
  device_.download(queue_, ws.z_high, z.data());
  queue_.wait();
  const int64_t cell_logits = c.cells() * c.vocab;
  for (int64_t b = 0; b < batch_; ++b) {
    std::copy_n(all.begin() + (b * positions + c.prefix) * c.vocab, cell_logits,
                logits.begin() + b * cell_logits);
    // f64, so that the mean over 900 positions is exact enough for any order of the sum.
    std::vector<double> mean(static_cast<size_t>(width), 0.0);
    const int64_t rows = c.is_mean_readout ? positions : 1;
    for (int64_t i = 0; i < rows * width; ++i) {
      mean[static_cast<size_t>(i % width)] +=
          static_cast<double>(z[static_cast<size_t>(b * positions * width + i)]) /
          static_cast<double>(rows);
    }
    for (size_t out = 0; out < 2; ++out) {
      double sum = static_cast<double>(weights_->q_bias[out]);
      for (size_t i = 0; i < mean.size(); ++i) {
        sum += mean[i] * static_cast<double>(weights_->q_weight[out * mean.size() + i]);
      }
      q[static_cast<size_t>(b) * 2 + out] = static_cast<float>(sum);
    }
  }
}

void PuzzleNet::read_state(std::span<float> z_high, std::span<float> z_low) const {
  device_.download(queue_, workspace_->z_high, z_high.data());
  device_.download(queue_, workspace_->z_low, z_low.data());
  queue_.wait();
}

void PuzzleNet::write_state(std::span<const float> z_high, std::span<const float> z_low) {
  device_.upload(queue_, z_high.data(), workspace_->z_high);
  device_.upload(queue_, z_low.data(), workspace_->z_low);
  queue_.wait();
}

}  // namespace greylag
