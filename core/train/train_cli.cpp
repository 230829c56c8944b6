// SPDX-License-Identifier: Apache-2.0
#include "core/train/train_cli.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>

#include "core/base/file.h"
#include "core/train/commands.h"
#include "core/train/say.h"
#include "core/train/torch_error.h"

namespace greylag::train {

namespace {

void add_config_options(CLI::App& app, protocol::RunConfig& c) {
  app.add_option("--name", c.name, "shown in the list of runs");
  app.add_option("--model", c.model,
                 "base checkpoint (.pth, .safetensors, .gguf or rwkv.cpp .bin)");
  app.add_option("--vocab", c.vocabulary, "vocabulary file or folder; default: by the model");
  app.add_option("--data", c.data, "training file: JSON Lines, a JSON list, CSV or plain text");
  app.add_option("--method", c.method, "lora, full, state or hrm")->capture_default_str();
  app.add_option("--steps", c.steps, "optimizer steps")->capture_default_str();
  app.add_option("--lr", c.lr, "peak learning rate; 0 = by method");
  app.add_option("--lr-final", c.lr_final, "learning rate at the end; 0 = lr / 10");
  app.add_option("--warmup", c.warmup_steps, "warm-up steps")->capture_default_str();
  app.add_option("--batch", c.batch, "samples per micro batch")->capture_default_str();
  app.add_option("--accumulation", c.accumulation, "micro batches per step")->capture_default_str();
  app.add_option("--ctx", c.context, "tokens per sample at most")->capture_default_str();
  app.add_option("--rank", c.rank, "rank of LoRA")->capture_default_str();
  app.add_option("--alpha", c.alpha, "scale of LoRA is alpha / rank")->capture_default_str();
  app.add_flag("--train-norms", c.train_norms, "LoRA: train the layer norms too");
  app.add_option("--optimizer", c.optimizer, "adamw or adam_atan2")->capture_default_str();
  app.add_option("--weight-decay", c.weight_decay, "of large matrices")->capture_default_str();
  app.add_option("--beta1", c.beta1)->capture_default_str();
  app.add_option("--beta2", c.beta2)->capture_default_str();
  app.add_option("--epsilon", c.epsilon)->capture_default_str();
  app.add_option("--clip", c.clip, "global gradient norm; 0 = off")->capture_default_str();
  app.add_option("--l2wrap", c.l2wrap, "0 = off")->capture_default_str();
  app.add_option("--validation-share", c.validation_share)->capture_default_str();
  app.add_option("--validate-every", c.validate_every, "steps; 0 = never")->capture_default_str();
  app.add_option("--save-every", c.save_every, "steps; 0 = at the end only")->capture_default_str();
  app.add_option("--keep-last", c.keep_last, "checkpoints beside the best")->capture_default_str();
  app.add_option("--patience", c.patience,
                 "validations without a better loss that end the run; 0 = off")
      ->capture_default_str();
  app.add_option("--min-delta", c.min_delta, "a better loss is lower by more than this")
      ->capture_default_str();
  app.add_option("--grace", c.grace_steps, "steps before patience counts")->capture_default_str();
  app.add_flag("--skip-bad-rows", c.skip_bad_rows, "leave out rows with errors");
  app.add_option("--seed", c.seed)->capture_default_str();
  app.add_option("--threads", c.threads, "0 = all cores");
}

// What a reasoning core is; `dashes` stands before each name.
void add_core_shape(CLI::App& app, protocol::RunConfig& c, const std::string& dashes) {
  const auto add = [&](const char* name, auto& to, const char* help) {
    app.add_option(dashes + name, to, help)->capture_default_str();
  };
  add("width", c.hrm_width, "multiple of 64; 0 = half the base's");
  add("blocks", c.hrm_blocks, "RWKV-7 blocks per module");
  add("h-cycles", c.hrm_h_cycles, "slow cycles, each with an answer");
  add("l-cycles", c.hrm_l_cycles, "fast steps per slow cycle");
  add("tap", c.hrm_tap, "blocks of the base before the core; -1 = all");
  add("gate", c.hrm_gate, "none or token");
  app.add_flag(dashes + "share", c.hrm_share, "one module in both roles");
}

// How method hrm trains it.
void add_core_options(CLI::App& app, protocol::RunConfig& c) {
  app.add_option("--hrm-core", c.hrm_core, "core to go on from; its shape counts");
  add_core_shape(app, c, "--hrm-");
  const auto add = [&](const char* name, auto& to, const char* help) {
    app.add_option(name, to, help)->capture_default_str();
  };
  add("--hrm-grad-cycles", c.hrm_grad_cycles,
      "cycles of gradient per loss: 1, all, or 0 for the last two calls of each");
  add("--hrm-ds-weight", c.hrm_ds_weight, "weight of the losses before the last cycle's");
  app.add_flag("--hrm-halting", c.hrm_halting, "tokens may stop before the last cycle");
  add("--hrm-halt-weight", c.hrm_halt_weight, "weight of the halting loss");
  add("--hrm-halt-tau", c.hrm_halt_tau, "a token stops above this probability");
  add("--hrm-explore", c.hrm_explore, "share of tokens forced to full depth");
  add("--hrm-alpha-warmup", c.hrm_alpha_warmup_steps, "steps over which the core's strength grows");
  add("--hrm-backbone", c.hrm_backbone, "frozen, lora or full");
  add("--hrm-backbone-lr", c.hrm_backbone_lr, "0 = by backbone");
}

void add_run_commands(CLI::App& app, Options& o, Command& chosen) {
  CLI::App* run = app.add_subcommand("run", "start a finetune");
  run->add_option("folder", o.folder, "folder of a prepared run (with config.yaml)");
  run->add_option("--out", o.out, "folder to create for a new run");
  add_config_options(*run, o.config);
  add_core_options(*run, o.config);
  run->callback([&] { chosen = [&o] { return command_run(o); }; });

  CLI::App* resume = app.add_subcommand("resume", "go on with a stopped or killed run");
  resume->add_option("folder", o.folder, "folder of the run")->required();
  resume->callback([&] { chosen = [&o] { return command_resume(o); }; });

  CLI::App* control = app.add_subcommand("control", "pause, resume, stop or save a live run");
  control->add_option("folder", o.folder, "folder of the run")->required();
  control->add_option("word", o.word, "pause, resume, stop or save")->required();
  control->callback([&] { chosen = [&o] { return command_control(o); }; });
}

constexpr const char* kAlphaHelp =
    "alpha of a LoRA that does not say its own (scale = alpha / rank); default: the rank";

void add_model_commands(CLI::App& app, Options& o, Command& chosen) {
  CLI::App* merge = app.add_subcommand("merge", "base + adapter = a new checkpoint");
  merge->add_option("--model", o.config.model, "base checkpoint")->required();
  merge->add_option("--adapter", o.adapter, "adapter or state file")->required();
  merge->add_option("--adapter-alpha", o.adapter_alpha, kAlphaHelp);
  merge->add_option("--out", o.out, ".pth or .safetensors")->required();
  merge->callback([&] { chosen = [&o] { return command_merge(o); }; });

  CLI::App* eval = app.add_subcommand("eval", "mean loss and perplexity on a file");
  eval->add_option("--model", o.config.model, "checkpoint")->required();
  eval->add_option("--data", o.config.data, "text or JSONL")->required();
  eval->add_option("--adapter", o.adapter, "adapter or state file");
  eval->add_option("--adapter-alpha", o.adapter_alpha, kAlphaHelp);
  eval->add_option("--hrm", o.hrm, "reasoning core");
  eval->add_option("--alpha", o.hrm_alpha, "strength of the core; 0 = the base alone")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  eval->add_option("--effort", o.effort, "H-cycles of the core; 0 = all")->capture_default_str();
  eval->add_option("--vocab", o.config.vocabulary,
                   "vocabulary file or folder; default: by the model");
  eval->add_option("--ctx", o.config.context, "tokens per sample")->capture_default_str();
  eval->add_option("--batch", o.config.batch, "samples at once")->capture_default_str();
  eval->add_flag("--skip-bad-rows", o.config.skip_bad_rows, "leave out rows with errors");
  eval->add_option("--threads", o.config.threads, "0 = all cores");
  eval->callback([&] { chosen = [&o] { return command_eval(o); }; });

  CLI::App* parity = app.add_subcommand("parity", "compare gradients with a reference file");
  parity->add_option("--model", o.config.model, "checkpoint")->required();
  parity->add_option("--reference", o.reference, "reference file")->required();
  parity->callback([&] { chosen = [&o] { return command_parity(o); }; });

  CLI::App* init = app.add_subcommand("init", "write a fresh model to train from scratch");
  init->add_option("--layers", o.initial.layers)->capture_default_str();
  init->add_option("--width", o.initial.width, "multiple of 64")->capture_default_str();
  init->add_option("--vocab", o.initial.vocab)->capture_default_str();
  init->add_option("--seed", o.initial.seed)->capture_default_str();
  init->add_option("--dtype", o.dtype, "f32, f16 or bf16")->capture_default_str();
  init->add_option("--out", o.out, ".pth or .safetensors")->required();
  init->callback([&] { chosen = [&o] { return command_init(o); }; });
}

void add_hrm_commands(CLI::App& app, Options& o, Command& chosen) {
  CLI::App* hrm = app.add_subcommand("hrm", "reasoning cores for a language model");
  hrm->require_subcommand(1);
  CLI::App* init = hrm->add_subcommand("init", "write a fresh core for a base model");
  init->add_option("--model", o.config.model, "base checkpoint")->required();
  init->add_option("--out", o.out, ".safetensors")->required();
  add_core_shape(*init, o.config, "--");
  init->add_option("--seed", o.config.seed)->capture_default_str();
  init->add_option("--dtype", o.dtype, "f32, f16 or bf16")->capture_default_str();
  init->callback([&] { chosen = [&o] { return command_hrm_init(o); }; });

  CLI::App* import = hrm->add_subcommand("import", "prepare a run from a config of hrm_lm");
  import->add_option("config", o.hrm_lm_config, "its YAML file")->required();
  import->add_option("--out", o.out, "folder to create for the run")->required();
  import->add_option("--model", o.config.model, "base checkpoint; default: the file's");
  import->add_option("--data", o.config.data, "training file; default: the file's");
  import->add_option("--vocab", o.config.vocabulary, "vocabulary file or folder");
  import->callback([&] { chosen = [&o] { return command_hrm_import(o);
};
}  // namespace
);
}  // namespace greylag::train

int parse_and_run(int argc, char** argv, const AddCommands& more) {
  Options options;
  Command chosen;
  CLI::App app{"Greylag's trainer for RWKV-7 models", "greylag-train"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--home", options.home, "folder of models, vocabularies and runs");
  app.add_option("--device", options.device, "auto or cpu");
  app.add_flag("--json", options.is_json, "stdout holds one JSON value");
  add_run_commands(app, options, chosen);
  add_model_commands(app, options, chosen);
  add_hrm_commands(app, options, chosen);
  if (more) more(app, options.is_json, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, options.is_json ? std::cerr : std::cout, std::cerr) == 0 ? 0 : 2;
  }
  if (options.device != "auto" && options.device != "cpu") {
    say(fmt::format("greylag-train: --device {}: this program trains on the CPU only\n",
                    options.device));
    return 1;
  }
  return chosen();
}

}  // namespace

int run_train_cli(int argc, char** argv, const AddCommands& more) {
  try {
    return parse_and_run(argc, argv, more);
  } catch (const std::exception& e) {
    say(fmt::format("greylag-train: {}\n", training_error(e).message));
    return 1;
  }
}

}  // namespace greylag::train
