// SPDX-License-Identifier: Apache-2.0
// PuzzleConfig as texts: one list of fields, read and written by the same names.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "core/model/puzzle_config.h"

namespace greylag {

namespace {

constexpr const char* kFormat = "greylag-puzzle-1";

constexpr std::array kMixers = {std::pair{PuzzleMixer::Attention, "attention"},
                                std::pair{PuzzleMixer::Mlp, "mlp_t"},
                                std::pair{PuzzleMixer::Rwkv7, "rwkv7"}};
constexpr std::array kScans = {std::pair{PuzzleScan::Four, "scan4"},
                               std::pair{PuzzleScan::Alternating, "alt"},
                               std::pair{PuzzleScan::Causal, "causal"}};
constexpr std::array kFeedForwards = {std::pair{PuzzleFeedForward::SwiGlu, "swiglu"},
                                      std::pair{PuzzleFeedForward::ChannelMix, "cmix"}};

constexpr const auto& names_of(PuzzleMixer) { return kMixers; }
constexpr const auto& names_of(PuzzleScan) { return kScans; }
constexpr const auto& names_of(PuzzleFeedForward) { return kFeedForwards; }

// Calls visit(key, field) for every field.
template <typename Config, typename Visit>
void for_each_field(Config& c, Visit visit) {
  visit("recipe", c.recipe);
  visit("task", c.task);
  visit("rows", c.rows);
  visit("columns", c.columns);
  visit("vocab", c.vocab);
  visit("width", c.width);
  visit("heads", c.heads);
  visit("blocks", c.blocks);
  visit("h_cycles", c.recursion.h_cycles);
  visit("l_cycles", c.recursion.l_cycles);
  visit("shared", c.is_shared);
  visit("mixer", c.mixer);
  visit("scan", c.scan);
  visit("feed_forward", c.feed_forward);
  visit("inner", c.inner);
  visit("mixer_inner", c.mixer_inner);
  visit("rotary", c.has_rotary);
  visit("positions", c.has_positions);
  visit("mean_readout", c.is_mean_readout);
  visit("puzzle_ids", c.puzzle_ids);
  visit("prefix", c.prefix);
  visit("puzzle_width", c.puzzle_width);
  visit("decay_rank", c.decay_rank);
  visit("alpha_rank", c.alpha_rank);
  visit("value_rank", c.value_rank);
  visit("gate_rank", c.gate_rank);
}

std::string text_of(const std::string& text) { return text; }
std::string text_of(int64_t number) { return std::to_string(number); }
std::string text_of(bool is_true) { return is_true ? "true" : "false"; }
template <typename Enum>
std::string text_of(Enum value) {
  for (const auto& [known, name] : names_of(value)) {
    if (known == value) return name;
  }
  return "";
}

// False when the text is none of the field.
bool parse(const std::string& text, std::string& field) {
  field = text;
  return text.size() <= 64;
}
bool parse(const std::string& text, int64_t& field) {
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, field);
  return failure == std::errc() && stop == end;
}
bool parse(const std::string& text, bool& field) {
  field = text == "true";
  return field || text == "false";
}
template <typename Enum>
bool parse(const std::string& text, Enum& field) {
  for (const auto& [known, name] : names_of(field)) {
    if (text != name) continue;
    field = known;
    return true;
  }
  return false;
}

}  // namespace

std::map<std::string, std::string> puzzle_metadata(const PuzzleConfig& config) {
  std::map<std::string, std::string> metadata{{"format", kFormat}};
  for_each_field(config,
                 [&](const char* key, const auto& field) { metadata[key] = text_of(field); });
  return metadata;
}

Result<PuzzleConfig> parse_puzzle_metadata(const std::map<std::string, std::string>& metadata) {
  const auto bad = [](std::string message) {
    return Error{ErrorCode::BadFile, std::move(message)};
  };
  const auto format = metadata.find("format");
  if (format == metadata.end() || format->second != kFormat) {
    return bad(fmt::format("metadata key format: a puzzle reasoner's is {}", kFormat));
  }
  PuzzleConfig config;
  std::optional<std::string> wrong;
  for_each_field(config, [&](const char* key, auto& field) {
    const auto found = metadata.find(key);
    if (wrong) return;
    if (found == metadata.end()) {
      wrong = fmt::format("metadata key {} is missing", key);
    } else if (!parse(found->second, field)) {
      wrong = fmt::format("metadata key {}: its value is not one of a puzzle reasoner", key);
    }
  });
  if (wrong) return bad(*wrong);
  if (Status status = check_puzzle_config(config); !status) {
    return bad("metadata: " + status.error().message);
  }
  return config;
}

}  // namespace greylag
