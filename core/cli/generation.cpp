// SPDX-License-Identifier: Apache-2.0
// Options -> a loaded model and a request; nothing is created in HOME.
#include "core/cli/generation.h"

#include <CLI/CLI.hpp>
#include <cstring>
#include <utility>

#include "core/base/home.h"
#include "core/base/platform.h"
#include "core/cli/direct_model.h"

namespace greylag {

void add_generation_options(CLI::App& command, GenerationOptions& options) {
  add_model_options(command, options.model);
  command.add_option("--max-tokens", options.max_tokens, "length of the answer")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 30));
  SamplerOptions& sampler = options.sampler;
  command.add_option("--temperature", sampler.temperature, "0 = greedy")
      ->check(CLI::Range(0.0, 2.0));
  command.add_option("--top-p", sampler.top_p, "keep the best tokens up to this probability")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--top-k", sampler.top_k, "keep that many tokens; 0 = all")
      ->check(CLI::Range(0, 1 << 20));
  command
      .add_option("--presence-penalty", sampler.presence_penalty, "once per token that occurred")
      ->check(CLI::Range(-2.0, 2.0));
  command.add_option("--frequency-penalty", sampler.frequency_penalty, "times the decayed count")
      ->check(CLI::Range(-2.0, 2.0));
  command.add_option("--penalty-decay", sampler.penalty_decay, "counts shrink by this per token")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--seed", options.seed, "equal seeds give equal text");
}

std::filesystem::path tokenizers_dir(const CommandContext& context) {
  return Home{context.home.empty() ? platform::default_home() : context.home}.tokenizers();
}

Result<LoadedModel> load_model(const CommandContext& context, const ModelOptions& options) {
  const Result<std::filesystem::path> path = chosen_model(options);
  if (!path) return path.error();
  Result<std::shared_ptr<gpu::Device>> device = open_device(context);
  if (!device) return device.error();
  SchedulerOptions scheduler;
  scheduler.slots = 1;
  Result<std::shared_ptr<ModelHost>> host =
      ModelHost::load({.model = *path, .vocabulary = options.vocabulary}, std::move(device).value(),
                      tokenizers_dir(context), scheduler);
  if (!host) return host.error();
  LoadedModel model;
  model.host = *host;
  Result<LoadedExtras> extras = LoadedExtras{};
  model.host->scheduler().run_on_device(
      [&](Rwkv7&, StatePool&, gpu::Device& on, gpu::Queue& queue) {
        extras = load_extras(extra_paths(options), model.host->config(), *path, on, queue,
                             {.alpha = options.adapter_alpha});
      });
  if (!extras) return extras.error();
  model.extras = *extras;
  return model;
}

GenerationRequest make_request(const LoadedModel& model, const GenerationOptions& options) {
  GenerationRequest request;
  request.sampler = options.sampler;
  if (options.seed) {
    request.sampler.seed = *options.seed;
  } else {
    const std::vector<uint8_t> bytes = platform::random_bytes(sizeof(uint64_t));
    std::memcpy(&request.sampler.seed, bytes.data(), sizeof(uint64_t));
  }
  request.max_tokens = options.max_tokens;
  request.adapter = model.extras.adapter;
  request.state = model.extras.state;
  request.core = model.extras.core;
  request.core_use = options.model.core_use;
  return request;
}

}  // namespace greylag
