// SPDX-License-Identifier: Apache-2.0
// The tensors, the recipes of facts hrm.md 4.2 and the limits of a puzzle reasoner.
#include "core/model/puzzle_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace greylag {

namespace {

using gpu::Shape;

constexpr int64_t kHeadSize = 64;

// I of SwiGLU for a width: the next multiple of 256 of round(4 width 2 / 3) (facts 1.1).
int64_t swiglu_inner(int64_t width) {
  const int64_t wanted = std::llround(static_cast<double>(width) * 8.0 / 3.0);
  return (wanted + 255) / 256 * 256;
}

// R of rwkv7-and-training 1.1: max(32, the multiple of 32 nearest to factor sqrt(C)).
int64_t low_rank(double factor, int64_t width) {
  const double wanted = factor * std::sqrt(static_cast<double>(width)) / 32.0;
  return std::max<int64_t>(32, 32 * static_cast<int64_t>(std::nearbyint(wanted)));
}

class TensorList {
 public:
  explicit TensorList(const PuzzleConfig& config) : c_(config) {}

  std::vector<PuzzleTensor> all() {
    add("puz.emb.weight", {c_.vocab, c_.width});
    if (c_.has_positions) add("puz.pos.weight", {c_.positions(), c_.width});
    add("puz.id.weight", {c_.puzzle_ids, c_.puzzle_width});
    add("puz.zH0", {c_.width});
    add("puz.zL0", {c_.width});
    add("puz.head.weight", {c_.vocab, c_.width});
    add("puz.q.weight", {2, c_.width});
    add("puz.q.bias", {2});
    const std::string_view modules = c_.is_shared ? "F" : "HL";
    for (const char module : modules) {
      for (int64_t block = 0; block < c_.blocks; ++block) {
        const std::string prefix = fmt::format("puz.{}.blocks.{}.", module, block);
        mix(prefix + "mix.", block);
        feed_forward(prefix + "ff.");
      }
    }
    return std::move(tensors_);
  }

 private:
  void add(std::string name, const Shape& shape) { tensors_.push_back({std::move(name), shape}); }

  void mix(const std::string& prefix, int64_t block) {
    const int64_t width = c_.width;
    switch (c_.mixer) {
      case PuzzleMixer::Attention:
        add(prefix + "qkv.weight", {3 * width, width});
        add(prefix + "out.weight", {width, width});
        return;
      case PuzzleMixer::Mlp:
        add(prefix + "gate_up.weight", {2 * c_.mixer_inner, c_.positions()});
        add(prefix + "down.weight", {c_.positions(), c_.mixer_inner});
        return;
      case PuzzleMixer::Rwkv7:
        return time_mix(prefix, block);
    }
  }

  void low_rank(const std::string& prefix, int64_t rank, bool has_bias) {
    if (has_bias) add(prefix + "0", {1, 1, c_.width});
    add(prefix + "1", {c_.width, rank});
    add(prefix + "2", {rank, c_.width});
  }

  void time_mix(const std::string& prefix, int64_t block) {
    const int64_t width = c_.width;
    for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"}) {
      add(prefix + name, {1, 1, width});
    }
    low_rank(prefix + "w", c_.decay_rank, true);
    low_rank(prefix + "a", c_.alpha_rank, true);
    if (block > 0) low_rank(prefix + "v", c_.value_rank, true);
    low_rank(prefix + "g", c_.gate_rank, false);
    add(prefix + "k_k", {1, 1, width});
    add(prefix + "k_a", {1, 1, width});
    add(prefix + "r_k", {c_.heads, kHeadSize});
    for (const char* name : {"receptance", "key", "value", "output"}) {
      add(prefix + name + ".weight", {width, width});
    }
    add(prefix + "ln_x.weight", {width});
    add(prefix + "ln_x.bias", {width});
  }

  void feed_forward(const std::string& prefix) {
    const int64_t width = c_.width;
    if (c_.feed_forward == PuzzleFeedForward::SwiGlu) {
      add(prefix + "gate_up.weight", {2 * c_.inner, width});
      add(prefix + "down.weight", {width, c_.inner});
    } else {
      add(prefix + "x_k", {1, 1, width});
      add(prefix + "key.weight", {4 * width, width});
      add(prefix + "value.weight", {width, 4 * width});
    }
  }

  const PuzzleConfig& c_;
  std::vector<PuzzleTensor> tensors_;
};

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

struct Limit {
  const char* name;
  int64_t value, least, most;
};

}  // namespace

std::vector<PuzzleTensor> puzzle_tensors(const PuzzleConfig& config) {
  return TensorList(config).all();
}

Result<PuzzleConfig> puzzle_recipe(const std::string& recipe, const std::string& task, int64_t rows,
                                   int64_t columns, int64_t vocab, int64_t width) {
  PuzzleConfig c;
  c.recipe = recipe;
  c.task = task;
  c.rows = rows;
  c.columns = columns;
  c.vocab = vocab;
  if (width != 0) c.width = width;
  c.heads = c.width / kHeadSize;
  c.puzzle_width = c.width;
  if (recipe == "hrm-exact") {
    c.blocks = 4;
    c.recursion = {.h_cycles = 2, .l_cycles = 2};
    c.is_shared = false;
    c.mixer = PuzzleMixer::Attention;
    c.has_rotary = true;
    c.prefix = 1;
  } else if (recipe == "trm") {
    c.recursion = {.h_cycles = 3, .l_cycles = task == "sudoku" ? 6 : 4};
    // Mixing the positions by an MLP solves Sudoku best and mazes not at all (facts 1.9).
    c.mixer = task == "sudoku" ? PuzzleMixer::Mlp : PuzzleMixer::Attention;
    c.has_rotary = c.mixer == PuzzleMixer::Attention;
  } else if (recipe == "rwkv") {
    c.recursion = {.h_cycles = 3, .l_cycles = task == "sudoku" ? 6 : 4};
    c.mixer = PuzzleMixer::Rwkv7;
    c.has_positions = true;
    c.is_mean_readout = true;
  } else {
    return invalid(fmt::format("recipe \"{}\": it is hrm-exact, trm or rwkv", recipe));
  }
  c.inner = swiglu_inner(c.width);
  c.mixer_inner = swiglu_inner(c.positions());
  c.decay_rank = c.alpha_rank = low_rank(2.5, c.width);
  c.value_rank = low_rank(1.7, c.width);
  c.gate_rank = low_rank(5.0, c.width);
  if (Status status = check_puzzle_config(c); !status) return status.error();
  return c;
}

Status check_puzzle_config(const PuzzleConfig& c) {
  const Limit limits[] = {{"rows", c.rows, 1, 256},
                          {"columns", c.columns, 1, 256},
                          {"vocab", c.vocab, 2, 256},
                          {"width", c.width, kHeadSize, 8192},
                          {"heads", c.heads, 1, 512},
                          {"blocks", c.blocks, 1, 64},
                          {"h_cycles", c.recursion.h_cycles, 1, 64},
                          {"l_cycles", c.recursion.l_cycles, 1, 64},
                          {"inner", c.inner, 1, 1 << 16},
                          {"mixer_inner", c.mixer_inner, 1, 1 << 20},
                          {"puzzle_ids", c.puzzle_ids, 1, 1 << 24},
                          {"prefix", c.prefix, 1, 1024},
                          {"puzzle_width", c.puzzle_width, 1, 1 << 20},
                          {"decay_rank", c.decay_rank, 1, 8192},
                          {"alpha_rank", c.alpha_rank, 1, 8192},
                          {"value_rank", c.value_rank, 1, 8192},
                          {"gate_rank", c.gate_rank, 1, 8192}};
  for (const Limit& limit : limits) {
    if (limit.value < limit.least || limit.value > limit.most) {
      return invalid(fmt::format("{} is {}; it is a number from {} to {}", limit.name, limit.value,
                                 limit.least, limit.most));
    }
  }
  if (c.width % kHeadSize != 0) {
    return invalid(fmt::format("width {} is no multiple of 64", c.width));
  }
  if (c.puzzle_width > c.prefix * c.width) {
    return invalid(fmt::format("puzzle_width {} is more than the prefix of {} positions holds",
                               c.puzzle_width, c.prefix));
  }
  if (c.mixer == PuzzleMixer::Attention && (c.width % c.heads != 0 || c.width / c.heads % 2 != 0)) {
    return invalid(
        fmt::format("width {} cannot be split into {} heads of an even size", c.width, c.heads));
  }
  if (c.mixer == PuzzleMixer::Rwkv7 && c.heads * kHeadSize != c.width) {
    return invalid(fmt::format("heads is {}; the RWKV-7 mixer has heads of 64, {} in a width of {}",
                               c.heads, c.width / kHeadSize, c.width));
  }
  if (c.mixer == PuzzleMixer::Rwkv7 && c.scan == PuzzleScan::Four && c.heads % 4 != 0) {
    return invalid(fmt::format(
        "{} heads cannot be split into the four orders of scan4: take a width that is a "
        "multiple of 256, or scan alt",
        c.heads));
  }
  if (c.mixer == PuzzleMixer::Rwkv7 && c.scan == PuzzleScan::Alternating && c.blocks < 2) {
    return invalid("scan alt needs two blocks at least, one for each direction");
  }
  if (c.feed_forward == PuzzleFeedForward::ChannelMix && c.mixer != PuzzleMixer::Rwkv7) {
    return invalid("feed_forward cmix belongs to the RWKV-7 mixer; with the others take swiglu");
  }
  if (c.has_rotary && c.mixer != PuzzleMixer::Attention) {
    return invalid("rotary positions belong to attention; with the other mixers take learned ones");
  }
  if (c.has_rotary && c.has_positions) {
    return invalid("positions are either rotary or learned, not both");
  }
  return {};
}

}  // namespace greylag
