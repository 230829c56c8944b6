// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/checkpoint/reader.h"
#include "core/model/config.h"

namespace greylag {

namespace {

using protocol::RunConfig;

// Calls visit(key, member) for every field, in the order of config.yaml.
template <typename Config, typename Visit>
void each_field(Config& c, const Visit& visit) {
  visit("name", c.name);
  visit("model", c.model);
  visit("model_sha256", c.model_sha256);
  visit("vocabulary", c.vocabulary);
  visit("data", c.data);
  visit("data_sha256", c.data_sha256);
  visit("method", c.method);
  visit("steps", c.steps);
  visit("lr", c.lr);
  visit("lr_final", c.lr_final);
  visit("warmup_steps", c.warmup_steps);
  visit("batch", c.batch);
  visit("accumulation", c.accumulation);
  visit("context", c.context);
  visit("rank", c.rank);
  visit("alpha", c.alpha);
  visit("train_norms", c.train_norms);
  visit("optimizer", c.optimizer);
  visit("weight_decay", c.weight_decay);
  visit("beta1", c.beta1);
  visit("beta2", c.beta2);
  visit("epsilon", c.epsilon);
  visit("clip", c.clip);
  visit("l2wrap", c.l2wrap);
  visit("validation_share", c.validation_share);
  visit("validate_every", c.validate_every);
  visit("save_every", c.save_every);
  visit("keep_last", c.keep_last);
  visit("patience", c.patience);
  visit("min_delta", c.min_delta);
  visit("grace_steps", c.grace_steps);
  visit("skip_bad_rows", c.skip_bad_rows);
  visit("seed", c.seed);
  visit("threads", c.threads);
  visit("hrm_core", c.hrm_core);
  visit("hrm_core_sha256", c.hrm_core_sha256);
  visit("hrm_width", c.hrm_width);
  visit("hrm_blocks", c.hrm_blocks);
  visit("hrm_h_cycles", c.hrm_h_cycles);
  visit("hrm_l_cycles", c.hrm_l_cycles);
  visit("hrm_tap", c.hrm_tap);
  visit("hrm_share", c.hrm_share);
  visit("hrm_gate", c.hrm_gate);
  visit("hrm_grad_cycles", c.hrm_grad_cycles);
  visit("hrm_ds_weight", c.hrm_ds_weight);
  visit("hrm_halting", c.hrm_halting);
  visit("hrm_halt_weight", c.hrm_halt_weight);
  visit("hrm_halt_tau", c.hrm_halt_tau);
  visit("hrm_explore", c.hrm_explore);
  visit("hrm_alpha_warmup_steps", c.hrm_alpha_warmup_steps);
  visit("hrm_backbone", c.hrm_backbone);
  visit("hrm_backbone_lr", c.hrm_backbone_lr);
}

Error bad_key(const std::string& key, const std::string& why) {
  return Error{ErrorCode::BadFile, "config.yaml: " + key + ": " + why};
}

Error out_of_range(const char* field, const std::string& range) {
  return Error{ErrorCode::InvalidArgument, fmt::format("{} must be {}", field, range)};
}

// Shortest text that reads back as the same number; always with a point or exponent.
std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

template <typename Member>
void emit(YAML::Emitter& out, const Member& member) {
  if constexpr (std::is_same_v<Member, std::string>) {
    out << YAML::DoubleQuoted << member;
  } else if constexpr (std::is_same_v<Member, double>) {
    out << number_text(member);
  } else {
    out << member;
  }
}

template <typename Member>
std::string value_text(const Member& member) {
  YAML::Emitter out;
  emit(out, member);
  return out.c_str();
}

// What the bytes of a checkpoint mean: which base, which tensors and at which scale, which rows of
// the data are learned from and in which order, how the moments were averaged. A vocabulary is
// known by the samples it makes, not by its path.
constexpr std::string_view kFixed[] = {"model_sha256",  "data_sha256",  "method",
                                       "batch",         "accumulation", "context",
                                       "rank",          "alpha",        "optimizer",
                                       "beta1",         "beta2",        "validation_share",
                                       "skip_bad_rows", "seed",         "hrm_core_sha256",
                                       "hrm_width",     "hrm_blocks",   "hrm_h_cycles",
                                       "hrm_l_cycles",  "hrm_tap",      "hrm_share",
                                       "hrm_gate",      "hrm_backbone", "train_norms"};

struct Bound {
  const char* field;
  double value, low, high;
};

constexpr double kMostFullBackboneRate = 1e-5;  // facts hrm.md 4.5

Status check_hrm(const RunConfig& c) {
  if (c.hrm_width % 64 != 0) return out_of_range("hrm_width", "0 or a multiple of 64");
  if (c.hrm_gate != "none" && c.hrm_gate != "token") {
    return out_of_range("hrm_gate", "none or token, and is \"" + c.hrm_gate + "\"");
  }
  if (c.hrm_backbone != "frozen" && c.hrm_backbone != "lora" && c.hrm_backbone != "full") {
    return out_of_range("hrm_backbone", "frozen, lora or full, and is \"" + c.hrm_backbone + "\"");
  }
  // What a core from a file has is known to the trainer, which checks again.
  if (c.hrm_core.empty() && c.hrm_grad_cycles > 1 && c.hrm_grad_cycles != c.hrm_h_cycles) {
    return out_of_range("hrm_grad_cycles",
                        fmt::format("1 (each cycle by itself), {} (all cycles) or 0 (the last two "
                                    "calls of each cycle), and is {}",
                                    c.hrm_h_cycles, c.hrm_grad_cycles));
  }
  if (c.hrm_backbone == "full" && c.hrm_backbone_lr > kMostFullBackboneRate) {
    return out_of_range("hrm_backbone_lr", "at most 1e-5 when the whole base is trained");
  }
  return {};
}

Status check_bounds(const RunConfig& c) {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  const Bound bounds[] = {
      {"steps", number(c.steps), 1, 10'000'000},
      {"lr", c.lr, 1e-9, 10},
      {"lr_final", c.lr_final, 0, 10},
      {"warmup_steps", number(c.warmup_steps), 0, 1'000'000},
      {"batch", number(c.batch), 1, 1024},
      {"accumulation", number(c.accumulation), 1, 4096},
      {"context", number(c.context), 16, 1'048'576},
      {"rank", number(c.rank), 1, 1024},
      {"alpha", c.alpha, 1e-6, 65536},
      {"weight_decay", c.weight_decay, 0, 10},
      {"beta1", c.beta1, 0, 0.9999},
      {"beta2", c.beta2, 0, 0.999999},
      {"epsilon", c.epsilon, 1e-30, 0.1},
      {"clip", c.clip, 0, 1e6},
      {"l2wrap", c.l2wrap, 0, 1},
      {"validation_share", c.validation_share, 0, 0.5},
      {"validate_every", number(c.validate_every), 0, 10'000'000},
      {"save_every", number(c.save_every), 0, 10'000'000},
      {"keep_last", number(c.keep_last), 1, 1000},
      {"patience", number(c.patience), 0, 1'000'000},
      {"min_delta", c.min_delta, 0, 100},
      {"grace_steps", number(c.grace_steps), 0, 10'000'000},
      {"hrm_width", number(c.hrm_width), 0, 8192},
      {"hrm_blocks", number(c.hrm_blocks), 1, 64},
      {"hrm_h_cycles", number(c.hrm_h_cycles), 1, 64},
      {"hrm_l_cycles", number(c.hrm_l_cycles), 1, 64},
      {"hrm_tap", number(c.hrm_tap), -1, 1024},
      {"hrm_grad_cycles", number(c.hrm_grad_cycles), 0, 64},
      {"hrm_ds_weight", c.hrm_ds_weight, 0, 10},
      {"hrm_halt_weight", c.hrm_halt_weight, 0, 10},
      {"hrm_halt_tau", c.hrm_halt_tau, 0.01, 0.9999},
      {"hrm_explore", c.hrm_explore, 0, 1},
      {"hrm_alpha_warmup_steps", number(c.hrm_alpha_warmup_steps), 0, 1'000'000},
      {"hrm_backbone_lr", c.hrm_backbone_lr, 0, 10},
      {"seed", number(c.seed), 0, 9007199254740992.0},
      {"threads", number(c.threads), 1, 1024},
  };
  for (const Bound& bound : bounds) {
    if (!(bound.value >= bound.low && bound.value <= bound.high)) {  // also catches NaN
      return out_of_range(bound.field, fmt::format("between {} and {}, and is {}", bound.low,
                                                   bound.high, bound.value));
    }
  }
  if (c.lr_final > c.lr) return out_of_range("lr_final", "at most lr");
  const std::string& trained = c.method == "hrm" ? c.hrm_backbone : c.method;
  if (c.train_norms && trained != "lora") {
    return out_of_range("train_norms", "false but for LoRA");
  }
  return c.method == "hrm" ? check_hrm(c) : Status();
}

int64_t width_of(const std::string& model) {
  if (const auto reader = open_checkpoint(path_from_utf8(model))) {
    if (const auto config = read_config(**reader)) return config->width;
  }
  return protocol::kUnknownWidth;
}

}  // namespace

Result<RunConfig> parse_run_config(const std::string& yaml) {
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& e) {
    return Error{ErrorCode::BadFile, std::string("config.yaml is not valid YAML: ") + e.what()};
  }
  if (!root.IsMap()) return Error{ErrorCode::BadFile, "config.yaml must hold keys and values"};
  RunConfig config;
  std::set<std::string> known;
  std::string wrong;
  each_field(config, [&](const char* key, auto& member) {
    known.insert(key);
    const YAML::Node node = root[key];
    if (!node || !wrong.empty()) return;
    try {
      member = node.as<std::decay_t<decltype(member)>>();
    } catch (const YAML::Exception&) {
      wrong = key;
    }
  });
  if (!wrong.empty()) return bad_key(wrong, "the value has the wrong type");
  for (const auto& entry : root) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "(not a word)";
    if (known.count(key) == 0) return bad_key(key, "no such key");
  }
  return config;
}

std::string format_run_config(const RunConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  each_field(config, [&](const char* key, const auto& member) {
    out << YAML::Key << key << YAML::Value;
    emit(out, member);
  });
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::vector<ConfigChange> config_changes(const RunConfig& was, const RunConfig& is) {
  std::vector<ConfigChange> changes;
  each_field(was, [&](const char* key, const auto& member) {
    changes.push_back({key, value_text(member), {}, std::ranges::count(kFixed, key) > 0});
  });
  auto change = changes.begin();
  each_field(is, [&](const char*, const auto& member) { (change++)->is = value_text(member); });
  std::erase_if(changes, [](const ConfigChange& one) { return one.was == one.is; });
  return changes;
}

Result<RunConfig> complete_run_config(RunConfig config) {
  if (config.model.empty()) return out_of_range("model", "the path of a checkpoint");
  if (config.data.empty()) return out_of_range("data", "the path of a training file");
  static constexpr std::string_view kMethods[] = {"lora", "full", "state", "hrm"};
  if (std::ranges::find(kMethods, config.method) == std::end(kMethods)) {
    return out_of_range("method", "lora, full, state or hrm, and is \"" + config.method + "\"");
  }
  if (config.optimizer != "adamw" && config.optimizer != "adam_atan2") {
    return out_of_range("optimizer", "adamw or adam_atan2, and is \"" + config.optimizer + "\"");
  }
  if (config.lr == 0) {
    config.lr = protocol::default_learning_rate(config.method, width_of(config.model));
  }
  if (config.lr_final == 0) config.lr_final = config.lr / 10;
  if (config.method == "hrm" && config.hrm_backbone_lr == 0) {
    if (config.hrm_backbone == "lora") {
      config.hrm_backbone_lr = protocol::default_learning_rate("lora", width_of(config.model));
    } else if (config.hrm_backbone == "full") {
      config.hrm_backbone_lr = kMostFullBackboneRate;
    }
  }
  if (config.threads == 0) config.threads = static_cast<int64_t>(platform::cpu_count());
  if (auto checked = check_bounds(config); !checked) return checked.error();
  return config;
}

}  // namespace greylag
