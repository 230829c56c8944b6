// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reason_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

namespace greylag::reason {

namespace {

using nlohmann::json;

// Every field but the model, by its key.
template <typename Config, typename Visit>
void for_each_field(Config& c, const Visit& visit) {
  visit("data", c.data);
  visit("data_sha256", c.data_sha256);
  visit("batch", c.batch);
  visit("steps", c.steps);
  visit("lr", c.lr);
  visit("lr_min_ratio", c.lr_min_ratio);
  visit("warmup_steps", c.warmup_steps);
  visit("weight_decay", c.weight_decay);
  visit("puzzle_lr", c.puzzle_lr);
  visit("puzzle_weight_decay", c.puzzle_weight_decay);
  visit("beta1", c.beta1);
  visit("beta2", c.beta2);
  visit("average", c.average);
  visit("max_segments", c.max_segments);
  visit("exploration", c.exploration);
  visit("grad_calls", c.grad_calls);
  visit("has_continue", c.has_continue);
  visit("stop_accuracy", c.stop_accuracy);
  visit("seed", c.seed);
  visit("log_every", c.log_every);
  visit("evaluate_every", c.evaluate_every);
  visit("evaluate_puzzles", c.evaluate_puzzles);
  visit("evaluate_segments", c.evaluate_segments);
  visit("save_every", c.save_every);
  visit("keep_last", c.keep_last);
  visit("device", c.device);
  visit("threads", c.threads);
}

json to_json(const ReasonConfig& config) {
  json out;
  out["model"] = puzzle_metadata(config.model);
  for_each_field(config, [&](const char* key, const auto& value) { out[key] = value; });
  return out;
}

template <typename T>
bool holds(const json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<T, std::string>) return value.is_string();
  if constexpr (std::is_same_v<T, int64_t>) return value.is_number_integer();
  if constexpr (std::is_same_v<T, double>) return value.is_number();
  return value.is_array() && std::all_of(value.begin(), value.end(),
                                         [](const json& item) { return item.is_number_integer(); });
}

Error bad(const std::string& message) { return {ErrorCode::BadFile, "config.json: " + message}; }

struct Limit {
  const char* name;
  double value, least, most;
};

}  // namespace

double ReasonConfig::rate_at(int64_t step) const {
  const auto now = static_cast<double>(step + 1), warm = static_cast<double>(warmup_steps);
  if (now < warm) return now / warm;
  const double span = std::max(1.0, static_cast<double>(steps) - warm);
  const double part = std::clamp((now - warm) / span, 0.0, 1.0);
  return lr_min_ratio + (1 - lr_min_ratio) * 0.5 * (1 + std::cos(std::numbers::pi * part));
}

ReasonConfig recipe_config(const PuzzleConfig& model) {
  ReasonConfig config;
  config.model = model;
  if (model.recipe == "hrm-exact") {
    config.grad_calls = 2;
    config.has_continue = true;
    config.average = 0;
  }
  if (model.task == "arc") {
    config.weight_decay = config.puzzle_weight_decay = 0.1;
    config.puzzle_lr = 1e-2;
  }
  return config;
}

Status check_reason_config(const ReasonConfig& c) {
  if (auto checked = check_puzzle_config(c.model); !checked) return checked;
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  const Limit limits[] = {{"batch", number(c.batch), 1, 1 << 16},
                          {"steps", number(c.steps), 1, 1e9},
                          {"lr", c.lr, 1e-12, 1},
                          {"lr-min-ratio", c.lr_min_ratio, 0, 1},
                          {"warmup", number(c.warmup_steps), 0, 1e9},
                          {"wd", c.weight_decay, 0, 100},
                          {"puzzle-lr", c.puzzle_lr, 0, 1},
                          {"puzzle-wd", c.puzzle_weight_decay, 0, 100},
                          {"beta1", c.beta1, 0, 0.999999},
                          {"beta2", c.beta2, 0, 0.999999},
                          {"average", c.average, 0, 0.999999},
                          {"max-segments", number(c.max_segments), 1, 1024},
                          {"exploration", c.exploration, 0, 1},
                          {"stop-accuracy", c.stop_accuracy, 0, 1},
                          {"log-every", number(c.log_every), 1, 1e9},
                          {"evaluate-every", number(c.evaluate_every), 0, 1e9},
                          {"evaluate-puzzles", number(c.evaluate_puzzles), 0, 1e9},
                          {"save-every", number(c.save_every), 0, 1e9},
                          {"keep-last", number(c.keep_last), 1, 1000},
                          {"threads", number(c.threads), 0, 1024}};
  for (const Limit& limit : limits) {
    if (limit.value >= limit.least && limit.value <= limit.most) continue;
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("{} is {}; it is a number from {} to {}", limit.name, limit.value,
                             limit.least, limit.most)};
  }
  if (c.grad_calls != -1 && (c.grad_calls < 1 || c.grad_calls > c.model.recursion.calls())) {
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("grad-calls is {}; it is -1 (the whole last cycle) or 1 to the {} "
                             "calls of a segment",
                             c.grad_calls, c.model.recursion.calls())};
  }
  for (const int64_t segments : c.evaluate_segments) {
    if (segments >= 1 && segments <= 1024) continue;
    return Error{ErrorCode::InvalidArgument, "numbers of segments are 1 to 1024"};
  }
  if (c.evaluate_segments.empty()) {
    return Error{ErrorCode::InvalidArgument, "the list of segments to evaluate is empty"};
  }
  return {};
}

std::string to_json_text(const ReasonConfig& config) { return to_json(config).dump(2) + "\n"; }

Result<ReasonConfig> parse_reason_config(const std::string& text) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object() || !all.contains("model") || !all["model"].is_object()) {
    return bad("it is no JSON object with a model");
  }
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : all["model"].items()) {
    if (!value.is_string()) return bad("model." + key + " is no string");
    metadata[key] = value.get<std::string>();
  }
  const auto model = parse_puzzle_metadata(metadata);
  if (!model) return bad(model.error().message);
  ReasonConfig config;
  config.model = *model;
  std::string wrong;
  for_each_field(config, [&](const char* key, auto& value) {
    using Value = std::remove_reference_t<decltype(value)>;
    const auto found = all.find(key);
    if (found == all.end() || !holds<Value>(*found)) {
      wrong = key;
    } else {
      value = found->template get<Value>();
    }
  });
  if (!wrong.empty()) return bad(wrong + " is missing or of another type");
  if (auto checked = check_reason_config(config); !checked) return bad(checked.error().message);
  return config;
}

namespace {

// The first field that differs and is not `free`.
template <typename IsFree>
std::string first_difference(const ReasonConfig& have, const ReasonConfig& wanted, IsFree is_free) {
  const json one = to_json(have), two = to_json(wanted);
  for (const auto& [key, value] : one["model"].items()) {
    const json& other = two["model"].value(key, json());
    if (value != other) return fmt::format("{} is {}, not {}", key, value.dump(), other.dump());
  }
  for (const auto& [key, value] : one.items()) {
    if (key == "model" || is_free(key) || value == two[key]) continue;
    return fmt::format("{} is {}, not {}", key, value.dump(), two[key].dump());
  }
  return {};
}

}  // namespace

std::string difference(const ReasonConfig& have, const ReasonConfig& wanted) {
  return first_difference(
      have, wanted, [](const std::string& key) { return key == "device" || key == "threads"; });
}

std::string fixed_difference(const ReasonConfig& saved, const ReasonConfig& now) {
  static constexpr std::string_view kFree[] = {
      "data",         "steps",          "lr",        "lr_min_ratio",        "warmup_steps",
      "weight_decay", "stop_accuracy",  "puzzle_lr", "puzzle_weight_decay", "log_every",
      "save_every",   "evaluate_every", "keep_last", "evaluate_puzzles",    "evaluate_segments",
      "device",       "threads"};
  return first_difference(saved, now, [](const std::string& key) {
    return std::ranges::find(kFree, key) != std::end(kFree);
  });
}

}  // namespace greylag::reason
