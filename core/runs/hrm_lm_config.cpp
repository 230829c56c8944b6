// SPDX-License-Identifier: Apache-2.0
// One table: their key -> what it does to our config, or why it does nothing.
#include "core/runs/hrm_lm_config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace greylag {

namespace {

using protocol::RunConfig;

// Their values by dotted key.
using Values = std::map<std::string, YAML::Node>;

void flatten(const YAML::Node& node, const std::string& prefix, Values& out) {
  if (!node.IsMap()) {
    out[prefix] = node;
    return;
  }
  for (const auto& entry : node) {
    const std::string key = entry.first.as<std::string>();
    flatten(entry.second, prefix.empty() ? key : prefix + "." + key, out);
  }
}

// The trainer's options may stand under "train." or at the top; an encoder's under "encoder_cfg.".
std::string plain_key(std::string key) {
  static constexpr std::string_view kNested = "encoder.encoder_cfg.";
  if (key.compare(0, kNested.size(), kNested) == 0) return "encoder." + key.substr(kNested.size());
  static constexpr std::string_view kTrain = "train.";
  if (key.compare(0, kTrain.size(), kTrain) == 0) return key.substr(kTrain.size());
  return key;
}

// Applies a value; returns a note, or nothing.
using Apply = std::string (*)(const YAML::Node& value, RunConfig& c);

template <auto Member>
std::string take(const YAML::Node& value, RunConfig& c) {
  c.*Member = value.as<std::decay_t<decltype(c.*Member)>>();
  return {};
}

// For an option whose 0 (or none) means "not given".
template <auto Member>
std::string take_if_set(const YAML::Node& value, RunConfig& c) {
  const auto number = value.as<std::decay_t<decltype(c.*Member)>>();
  if (number > 0) c.*Member = number;
  return {};
}

std::string take_blocks(const YAML::Node& value, RunConfig& c) {
  const auto blocks = value.as<int64_t>();
  c.hrm_blocks = std::max(c.hrm_blocks, blocks);
  return {};
}

std::string take_gradient(const YAML::Node& value, RunConfig& c) {
  // "all cycles" is a number, known when every key has been read.
  c.hrm_grad_cycles = value.as<std::string>() == "one_step" ? 0 : -1;
  return {};
}

std::string take_betas(const YAML::Node& value, RunConfig& c) {
  const auto betas = value.as<std::vector<double>>();
  if (betas.size() != 2) throw YAML::Exception(value.Mark(), "two numbers are needed");
  c.beta1 = betas[0];
  c.beta2 = betas[1];
  return {};
}

std::string take_peft(const YAML::Node& value, RunConfig& c) {
  const auto type = value.as<std::string>();
  if (type == "none") return {};
  c.hrm_backbone = "lora";
  return type == "lora" ? "" : type + " is not built; plain LoRA takes its place";
}

struct Rule {
  const char* key;
  Apply apply;
};
constexpr Rule kRules[] = {{"encoder.checkpoint_path", take<&RunConfig::model>},
                           {"encoder.peft.type", take_peft},
                           {"encoder.peft.lora.r", take<&RunConfig::rank>},
                           {"encoder.peft.lora.alpha", take<&RunConfig::alpha>},
                           {"hrm.h_cycles", take<&RunConfig::hrm_h_cycles>},
                           {"hrm.l_steps", take<&RunConfig::hrm_l_cycles>},
                           {"hrm.h_layers", take_blocks},
                           {"hrm.l_layers", take_blocks},
                           {"hrm.approx_grad", take_gradient},
                           {"hrm.use_halting", take<&RunConfig::hrm_halting>},
                           {"hrm.ds_weight", take<&RunConfig::hrm_ds_weight>},
                           {"optim.lr", take<&RunConfig::lr>},
                           {"optim.weight_decay", take<&RunConfig::weight_decay>},
                           {"optim.betas", take_betas},
                           {"dataset", take<&RunConfig::data>},
                           {"run_name", take<&RunConfig::name>},
                           {"seed", take<&RunConfig::seed>},
                           {"batch_size", take_if_set<&RunConfig::batch>},
                           {"seq_len", take_if_set<&RunConfig::context>},
                           {"max_seq_len", take_if_set<&RunConfig::context>},
                           {"grad_accum_steps", take_if_set<&RunConfig::accumulation>},
                           {"learning_rate", take_if_set<&RunConfig::lr>},
                           {"warmup_steps", take<&RunConfig::warmup_steps>},
                           {"steps", take_if_set<&RunConfig::steps>},
                           {"val_every", take<&RunConfig::validate_every>},
                           {"eval_loss_patience", take<&RunConfig::patience>},
                           {"patience_grace_steps", take<&RunConfig::grace_steps>},
                           {"checkpoint_limit", take_if_set<&RunConfig::keep_last>},
                           {"hrm_gate_warmup_steps", take<&RunConfig::hrm_alpha_warmup_steps>},
                           {"grad_clip", take<&RunConfig::clip>}};

// A key, or a family of them that ends in a point, and why nothing comes of it. Empty: it says what
// is the case here anyway.
struct Reason {
  std::string_view key, why;
};
constexpr Reason kReasons[] = {
    {"model.vocab_size", "the base's own vocabulary counts"},
    {"model.d_model", "the base's width is read from its file; hrm_width is the core's"},
    {"encoder.backend", "the base is an RWKV-7 checkpoint"},
    {"encoder.detach_output", "a frozen base is the default; hrm_backbone says otherwise"},
    {"encoder.grad_checkpoint", "blocks are recomputed when the memory asks for it"},
    {"encoder.moe.", "a mixture of experts is not built"},
    {"encoder.fp8.", "training is in f32"},
    {"encoder.", "the base's shape is read from its file"},
    {"decoder.", "the base's own head decodes; there is no second decoder"},
    {"bridge.", "the core adds to each token's residual stream; there is no bridge"},
    {"hrm.h_len", "the latent is one vector per token"},
    {"hrm.l_len", "the latent is one vector per token"},
    {"hrm.out_dim", "the core answers at the base's width"},
    {"hrm.halting_weight",
     "it weighs a penalty on the number of cycles; hrm_halt_weight weighs "
     "whether a token should stop"},
    {"hrm.halting_target", "a token stops by hrm_halt_tau, not by a wanted number of cycles"},
    {"hrm.gate_scale", "the strength of the core is alpha, which starts at 1"},
    {"hrm.gate_bias", "the strength of the core is alpha, which starts at 1"},
    {"hrm.trainable", "the core is always trained"},
    {"hrm.deep_supervision", ""},
    {"optim.layerwise_lr", ""},
    {"optim.rwkv_stage", "rates are RWKV-7's own: att.w0 twice the rate, decay on matrices"},
    {"optim.weight_decay_exclude", "decay is on matrices alone"},
    {"optim.name", "AdamW is used"},
    {"optimizer", "AdamW is used"},
    {"optim.kwargs", "no further options"},
    {"optimizer_kwargs", "no further options"},
    {"loss.label_smoothing", "the loss is the plain cross-entropy"},
    {"loss.", "the loss is the plain cross-entropy"},
    {"loss", "the loss is the plain cross-entropy"},
    {"tgt_len", "prompt and answer are one stream of seq_len tokens"},
    {"eval_batch_size", "validation uses batch"},
    {"mixed_precision", "training is in f32"},
    {"fp8.", "training is in f32"},
    {"enable_tf32", "training is in f32"},
    {"use_cuda_graphs", "training is on the CPU"},
    {"lr_scheduler.min_lr_ratio", ""},
    {"lr_min_ratio", ""},
    {"lr_scheduler", "the rate follows a cosine"},
    {"lr_scheduler.", "the rate follows a cosine"},
    {"extra_eval_slices", "one validation set is split off the data"},
    {"epochs", "give steps; the plan says how many epochs they are"},
    {"save_best_model", "the best checkpoint is always kept"},
    {"save_dir", "the run's folder is chosen when it is made"},
    {"max_val_samples", "validation looks at 32 samples, always the same"},
    {"log_steps", "every step is logged"},
    {"dataset_workers", "the data is read once"},
    {"reset_progress", "a core goes on with new moments through hrm_core"},
    {"profiling.", "not built"}};

const Reason* reason_for(const std::string& key) {
  for (const Reason& reason : kReasons) {
    const bool is_family = reason.key.back() == '.';
    if (is_family ? key.compare(0, reason.key.size(), reason.key) == 0 : key == reason.key) {
      return &reason;
    }
  }
  return nullptr;
}

// What needs more than one key.
void settle(const Values& values, HrmLmImport& import) {
  RunConfig& c = import.config;
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto found = values.find(key);
    if (found == values.end()) return std::nullopt;
    return found->second.as<double>();
  };
  if (c.hrm_grad_cycles < 0) c.hrm_grad_cycles = c.hrm_h_cycles;
  const auto supervised = values.find("hrm.deep_supervision");
  if (supervised == values.end() || !supervised->second.as<bool>()) c.hrm_ds_weight = 0;
  auto ratio = number("lr_min_ratio");
  if (!ratio) ratio = number("lr_scheduler.min_lr_ratio");
  if (ratio && *ratio > 0 && c.lr > 0) c.lr_final = c.lr * *ratio;
  const auto high = number("hrm.h_layers"), low = number("hrm.l_layers");
  if (high && low && *high != *low) {
    import.notes.push_back("hrm.h_layers, hrm.l_layers: both modules have the larger number");
  }
}

// Their defaults where they are not ours (facts hrm.md 2.3).
RunConfig their_defaults() {
  RunConfig c;
  c.method = "hrm";
  c.lr = 7.5e-5;
  c.beta1 = 0.9;
  c.beta2 = 0.95;
  c.weight_decay = 0.01;
  c.hrm_blocks = 1;  // the larger of h_layers and l_layers, below
  c.hrm_h_cycles = 4;
  c.hrm_l_cycles = 8;
  c.hrm_grad_cycles = 0;
  c.hrm_ds_weight = 0;
  c.patience = 3;
  c.warmup_steps = 0;
  c.clip = 0;
  return c;
}

}  // namespace

Result<HrmLmImport> import_hrm_lm_config(const std::string& yaml) {
  Values values;
  std::string key;
  HrmLmImport import{their_defaults(), {}};
  try {  // yaml-cpp throws on bad text and on values of another type
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap()) return Error{ErrorCode::BadFile, "the file must hold keys and values"};
    Values raw;
    flatten(root, "", raw);
    for (const auto& [name, value] : raw) values[plain_key(name)] = value;
    if (values.count("hrm.h_layers") + values.count("hrm.l_layers") == 0) {
      import.config.hrm_blocks = 2;
    }
    for (const auto& [name, value] : values) {
      key = name;
      if (value.IsNull()) continue;
      const auto rule =
          std::ranges::find_if(kRules, [&](const Rule& known) { return name == known.key; });
      if (rule != std::end(kRules)) {
        const std::string note = rule->apply(value, import.config);
        if (!note.empty()) import.notes.push_back(name + ": " + note);
        continue;
      }
      const Reason* const reason = reason_for(name);
      const std::string_view why = reason != nullptr ? reason->why : "not a key that is known";
      if (!why.empty()) import.notes.push_back(name + ": " + std::string(why));
    }
    key = "hrm.deep_supervision or min_lr_ratio";
    settle(values, import);
  } catch (const YAML::Exception& e) {
    return Error{ErrorCode::BadFile, (key.empty() ? "" : key + ": ") + std::string(e.what())};
  }
  return import;
}

}  // namespace greylag
