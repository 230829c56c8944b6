// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reason_model.h"

namespace greylag::reason {

namespace {

Error wrong(const std::string& option, const std::string& value, const char* choices) {
  return {ErrorCode::InvalidArgument, "--" + option + " " + value + ": it is " + choices};
}

Status choose_mixer(const std::string& name, PuzzleConfig& c) {
  if (name == "attention") {
    c.mixer = PuzzleMixer::Attention;
  } else if (name == "mlp_t") {
    c.mixer = PuzzleMixer::Mlp;
  } else if (name == "rwkv7") {
    c.mixer = PuzzleMixer::Rwkv7;
  } else {
    return wrong("mixer", name, "attention, mlp_t or rwkv7");
  }
  c.has_positions = c.is_mean_readout = c.mixer == PuzzleMixer::Rwkv7;
  c.has_rotary = c.mixer == PuzzleMixer::Attention;
  return {};
}

Status choose_scan(const std::string& name, PuzzleConfig& c) {
  if (name == "scan4") {
    c.scan = PuzzleScan::Four;
  } else if (name == "alt") {
    c.scan = PuzzleScan::Alternating;
  } else if (name == "causal") {
    c.scan = PuzzleScan::Causal;
  } else {
    return wrong("scan", name, "scan4, alt or causal");
  }
  return {};
}

Status choose_feed_forward(const std::string& name, PuzzleConfig& c) {
  if (name == "swiglu") {
    c.feed_forward = PuzzleFeedForward::SwiGlu;
  } else if (name == "cmix") {
    c.feed_forward = PuzzleFeedForward::ChannelMix;
  } else {
    return wrong("ff", name, "swiglu or cmix");
  }
  return {};
}

}  // namespace

Result<PuzzleConfig> make_model(const ModelOptions& options, const PuzzleKind& kind) {
  // The rwkv recipe is trm's with its own mixer; scan4 would refuse the widths that the other scans
  // can have, so the mixer is put in afterwards.
  const bool is_rwkv = options.recipe == "rwkv";
  auto made = puzzle_recipe(is_rwkv ? "trm" : options.recipe, kind.task, kind.rows, kind.columns,
                            kind.vocab, options.width);
  if (!made) return made;
  PuzzleConfig config = *made;
  config.recipe = options.recipe;
  config.puzzle_ids = kind.puzzle_ids;
  Status status;
  if (is_rwkv) status = choose_mixer("rwkv7", config);
  if (status && !options.mixer.empty()) status = choose_mixer(options.mixer, config);
  if (status && !options.scan.empty()) status = choose_scan(options.scan, config);
  if (status && !options.feed_forward.empty()) {
    status = choose_feed_forward(options.feed_forward, config);
  }
  if (!status) return status.error();
  config.heads = options.heads.value_or(config.heads);
  config.blocks = options.blocks.value_or(config.blocks);
  config.recursion.h_cycles = options.h_cycles.value_or(config.recursion.h_cycles);
  config.recursion.l_cycles = options.l_cycles.value_or(config.recursion.l_cycles);
  if (status = check_puzzle_config(config); !status) return status.error();
  return config;
}

}  // namespace greylag::reason
