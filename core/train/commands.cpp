// SPDX-License-Identifier: Apache-2.0
#include "core/train/commands.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/base/home.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/protocol/codec.h"
#include "core/runs/hrm_lm_config.h"
#include "core/runs/run_config.h"
#include "core/runs/run_folder.h"
#include "core/train/base_model.h"
#include "core/train/batches.h"
#include "core/train/evaluation.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_loss.h"
#include "core/train/merge_check.h"
#include "core/train/method.h"
#include "core/train/parity.h"
#include "core/train/progress_line.h"
#include "core/train/say.h"
#include "core/train/stop_request.h"
#include "core/train/threads.h"
#include "core/train/train_cli.h"
#include "core/train/trainer.h"

namespace greylag::train {

namespace fs = std::filesystem;

namespace {

int refuse(const Error& error) {
  say(fmt::format("greylag-train: {}\n", error.message));
  return error.code == ErrorCode::NoSpace ? kExitNoRoom : 1;
}

void print_json(const nlohmann::json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<fs::path> tokenizers_folder(const std::string& home) {
  const auto opened = Home::open(path_from_utf8(home));
  if (!opened) return opened.error();
  return opened->tokenizers();
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : path_to_utf8(fs::absolute(path_from_utf8(path)));
}

int train_folder(RunFolder& folder, RunStart start, const Options& options) {
  const auto tokenizers = tokenizers_folder(options.home);
  if (!tokenizers) return refuse(tokenizers.error());
  catch_stop_signals();
  ProgressLine line;
  TrainerOptions trainer;
  trainer.tokenizers = *tokenizers;
  trainer.is_interrupted = is_stop_requested;
  trainer.on_progress = [&line](const StepReport& report) { line.show(report); };
  const auto end = train_run(folder, start, trainer);
  line.finish();
  if (!end) return refuse(end.error());
  const protocol::RunStatus status = folder.status();
  if (options.is_json) {
    fmt::print("{}\n", protocol::encode(status));
    return 0;
  }
  say(fmt::format("{} at step {}\n", status.state, status.step));
  for (const protocol::RunCheckpoint& checkpoint : status.checkpoints) {
    fmt::print("{}{}\n", checkpoint.file, checkpoint.is_best ? "  (best)" : "");
  }
  return 0;
}

nlohmann::json to_json(const ParityReport& report) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const ParityReport::Tensor& tensor : report.tensors) {
    tensors.push_back({{"name", tensor.name}, {"relative_error", tensor.relative_error}});
  }
  return {{"loss_error", report.loss_error},
          {"max_relative_error", report.max_relative_error},
          {"tensors", tensors}};
}

AdapterOptions adapter_options(const Options& options) { return {.alpha = options.adapter_alpha}; }

Result<LossSum> evaluate_core(const Rwkv7Autograd& base, const Options& options,
                              std::span<const Sample* const> samples) {
  auto core = load_core(path_from_utf8(options.hrm));
  if (!core) return core.error().in("loading the reasoning core");
  if (auto fits = check_hrm_base(core->config(), base.config()); !fits) return fits.error();
  const auto hash = checkpoint_sha256(path_from_utf8(options.config.model));
  if (hash && !core->config().base_sha256.empty() && core->config().base_sha256 != *hash) {
    log_warn("train", "the reasoning core was made for another base");
  }
  Thinking thinking;
  thinking.cycles = options.effort;
  thinking.strength = options.hrm_alpha;
  if (core->config().halt_tau > 0) thinking.halting = HaltPolicy{.tau = core->config().halt_tau};
  const int64_t cycles = core->config().recursion.h_cycles;
  if (options.effort < 0 || options.effort > cycles) {
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("--effort must be between 1 and the core's {} H-cycles", cycles)};
  }
  const CoredModel model{.base = base, .core = *core};
  const Forward forward = [&](const at::Tensor& tokens) {
    return hrm_hidden(model, tokens, thinking);
  };
  return evaluate(forward, base.head(), samples, options.config.batch);
}

Result<LossSum> evaluate_file(const Options& options) {
  const protocol::RunConfig& c = options.config;
  auto base = load_base_model(path_from_utf8(c.model));
  if (!base) return base.error().in("loading the model");
  if (!options.adapter.empty()) {
    const fs::path path = path_from_utf8(options.adapter);
    const auto adapter = load_adapter(path, base->model.config(), {}, adapter_options(options));
    if (!adapter) return adapter.error().in("loading the adapter");
    log_assumptions(*adapter, path);
    apply_adapter(base->model, *adapter);
  }
  const auto tokenizers = tokenizers_folder(options.home);
  if (!tokenizers) return tokenizers.error();
  std::optional<fs::path> vocabulary;
  if (!c.vocabulary.empty()) vocabulary = path_from_utf8(c.vocabulary);
  const auto tokenizer = choose_tokenizer(base->model.config().vocab, path_from_utf8(c.model),
                                          vocabulary, *tokenizers);
  if (!tokenizer) return tokenizer.error();
  auto data = load_dataset(path_from_utf8(c.data), **tokenizer,
                           {.context = c.context,
                            .validation_share = 0,
                            .seed = 1,
                            .is_skipping_bad_rows = c.skip_bad_rows});
  if (!data) return data.error().in("reading the data");
  for (const std::string& sentence : describe_problems(data->problems, data->rows)) {
    log_warn("train", "data: " + sentence);
  }
  const std::vector<Sample> samples = drop_unlearnable(std::move(data->train));
  if (samples.empty()) return Error{ErrorCode::BadFile, "the data has no text to predict"};
  std::vector<const Sample*> all;
  for (const Sample& sample : samples) all.push_back(&sample);
  if (options.hrm.empty()) return evaluate(base->model, all, c.batch);
  return evaluate_core(base->model, options, all);
}

// "f32", "f16" or "bf16"; nothing else is an answer of its own.
std::optional<gpu::DType> float_type(const std::string& name) {
  if (name == "f32") return gpu::DType::F32;
  if (name == "f16") return gpu::DType::F16;
  if (name == "bf16") return gpu::DType::BF16;
  say("greylag-train: --dtype must be f32, f16 or bf16\n");
  return std::nullopt;
}

}  // namespace

int command_run(const Options& options) {
  if (!options.folder.empty()) {
    auto folder = RunFolder::open(path_from_utf8(options.folder));
    if (!folder) return refuse(folder.error());
    auto config = complete_run_config(folder->config());
    if (!config) return refuse(config.error().in("config.yaml"));
    if (auto written = folder->write_config(*config); !written) return refuse(written.error());
    return train_folder(*folder, RunStart::Fresh, options);
  }
  if (options.out.empty() || options.config.model.empty() || options.config.data.empty()) {
    say("greylag-train run needs a run folder, or --model, --data and --out\n");
    return 2;
  }
  protocol::RunConfig wanted = options.config;
  wanted.model = absolute(wanted.model);
  wanted.data = absolute(wanted.data);
  wanted.vocabulary = absolute(wanted.vocabulary);
  wanted.hrm_core = absolute(wanted.hrm_core);
  const auto config = complete_run_config(wanted);
  if (!config) return refuse(config.error());
  auto folder = RunFolder::create(path_from_utf8(options.out), *config);
  if (!folder) return refuse(folder.error());
  return train_folder(*folder, RunStart::Fresh, options);
}

int command_resume(const Options& options) {
  auto folder = RunFolder::open(path_from_utf8(options.folder));
  if (!folder) return refuse(folder.error());
  auto config = complete_run_config(folder->config());
  if (!config) return refuse(config.error().in("config.yaml"));
  if (auto written = folder->write_config(*config); !written) return refuse(written.error());
  return train_folder(*folder, RunStart::Resume, options);
}

int command_control(const Options& options) {
  auto folder = RunFolder::open(path_from_utf8(options.folder));
  if (!folder) return refuse(folder.error());
  if (auto told = folder->control(options.word); !told) return refuse(told.error());
  if (options.is_json) print_json({{"control", options.word}});
  return 0;
}

int command_merge(const Options& options) {
  use_threads(0);
  const fs::path base = path_from_utf8(options.config.model), out = path_from_utf8(options.out);
  const fs::path adapter = path_from_utf8(options.adapter);
  if (auto merged = merge_adapter(base, adapter, out, adapter_options(options)); !merged) {
    return refuse(merged.error().in("merging"));
  }
  const auto difference = largest_logit_difference(base, adapter, out, adapter_options(options));
  if (!difference) return refuse(difference.error().in("checking the merged model"));
  if (options.is_json) {
    print_json({{"path", path_to_utf8(out)}, {"largest_logit_difference", *difference}});
  } else {
    fmt::print("{}: largest logit difference to base + adapter {:.3g}\n", path_to_utf8(out),
               *difference);
  }
  return 0;
}

int command_eval(const Options& options) {
  use_threads(options.config.threads);
  const auto sum = evaluate_file(options);
  if (!sum) return refuse(sum.error());
  if (options.is_json) {
    print_json(
        {{"loss", sum->mean()}, {"perplexity", std::exp(sum->mean())}, {"tokens", sum->tokens}});
  } else {
    fmt::print("loss {:.6f}  perplexity {:.4f}  over {} tokens\n", sum->mean(),
               std::exp(sum->mean()), sum->tokens);
  }
  return 0;
}

int command_parity(const Options& options) {
  use_threads(0);
  const auto report =
      check_parity(path_from_utf8(options.config.model), path_from_utf8(options.reference));
  if (!report) return refuse(report.error());
  print_json(to_json(*report));
  return 0;
}

int command_init(const Options& options) {
  const auto dtype = float_type(options.dtype);
  if (!dtype) return 2;
  InitialModel initial = options.initial;
  initial.dtype = *dtype;
  const fs::path out = path_from_utf8(options.out);
  if (auto written = write_initial_model(out, initial); !written) return refuse(written.error());
  if (options.is_json) print_json({{"path", path_to_utf8(out)}});
  return 0;
}

int command_hrm_init(const Options& options) {
  const auto dtype = float_type(options.dtype);
  if (!dtype) return 2;
  const protocol::RunConfig& c = options.config;
  const auto config = plan_core({.model = path_from_utf8(c.model),
                                 .width = c.hrm_width,
                                 .blocks = c.hrm_blocks,
                                 .h_cycles = c.hrm_h_cycles,
                                 .l_cycles = c.hrm_l_cycles,
                                 .tap = c.hrm_tap,
                                 .is_shared = c.hrm_share,
                                 .has_gate = c.hrm_gate == "token"});
  if (!config) return refuse(config.error());
  const fs::path out = path_from_utf8(options.out);
  if (out.extension() != ".safetensors") {
    return refuse(Error{ErrorCode::InvalidArgument, "--out must end in .safetensors"});
  }
  const HrmAutograd core = fresh_core(*config, static_cast<uint64_t>(c.seed));
  if (auto written = save_core(out, core, *dtype); !written) return refuse(written.error());
  if (options.is_json) {
    print_json({{"path", path_to_utf8(out)}, {"parameters", config->parameters()}});
  } else {
    fmt::print("{}: {} parameters, {} module calls per token\n", path_to_utf8(out),
               config->parameters(), config->recursion.calls());
  }
  return 0;
}

int command_hrm_import(const Options& options) {
  constexpr uint64_t kMaxConfigBytes = 1 << 20;
  const auto text = read_text_file(path_from_utf8(options.hrm_lm_config), kMaxConfigBytes);
  if (!text) return refuse(text.error());
  auto import = import_hrm_lm_config(*text);
  if (!import) return refuse(import.error().in(options.hrm_lm_config));
  protocol::RunConfig& wanted = import->config;
  if (!options.config.model.empty()) wanted.model = options.config.model;
  if (!options.config.data.empty()) wanted.data = options.config.data;
  wanted.vocabulary = absolute(options.config.vocabulary);
  wanted.model = absolute(wanted.model);
  wanted.data = absolute(wanted.data);
  const auto config = complete_run_config(wanted);
  if (!config) return refuse(config.error());
  const auto folder = RunFolder::create(path_from_utf8(options.out), *config);
  if (!folder) return refuse(folder.error());
  if (options.is_json) {
    print_json({{"folder", path_to_utf8(folder->path())}, {"notes", import->notes}});
    return 0;
  }
  for (const std::string& note : import->notes) say(fmt::format("{}\n", note));
  fmt::print("{}: start it with greylag-train run\n", path_to_utf8(folder->path()));
  return 0;
}

}  // namespace greylag::train
