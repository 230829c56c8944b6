// SPDX-License-Identifier: Apache-2.0
// greylag-engine generate --prompt S: continues a text. Streams it, or prints one JSON value.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/cli/commands.h"
#include "core/cli/generation.h"
#include "core/cli/interrupt.h"
#include "core/cli/output.h"
#include "core/infer/state_after.h"

namespace greylag {
namespace {

struct GenerateOptions {
  GenerationOptions generation;
  std::string prompt;
  std::vector<std::string> stops;
  std::optional<std::filesystem::path> saved_state;
};

// What the model has read and written, as a state that --state goes on from.
Status save_session(const LoadedModel& model, const GenerateOptions& options,
                    std::vector<int32_t> tokens, const std::vector<int32_t>& answer) {
  tokens.insert(tokens.end(), answer.begin(), answer.end());
  Result<HostState> state = HostState();
  model.host->scheduler().run_on_device(
      [&](Rwkv7& rwkv, StatePool& pool, gpu::Device& device, gpu::Queue& queue) {
        state = state_after(rwkv, pool, device, queue, tokens,
                            {.state = model.extras.state,
                             .adapter = model.extras.adapter.get(),
                             .core = model.extras.core,
                             .core_use = options.generation.model.core_use});
      });
  if (!state) return state.error();
  return save_state(*options.saved_state, model.host->config(), *state);
}

int generate_text(const CommandContext& context, const GenerateOptions& options) {
  const Result<LoadedModel> model = load_model(context, options.generation.model);
  if (!model) return fail(context, model.error());
  GenerationRequest request = make_request(*model, options.generation);
  request.prompt = model->host->tokenizer().encode(options.prompt);
  request.stops = options.stops;
  const std::vector<int32_t> prompt = request.prompt;

  const InterruptGuard guard(InterruptGuard::At::Generation);
  const Result<GenerationResult> result =
      generate(model->host->scheduler(), std::move(request), [&](const GenerationEvent& event) {
        if (!context.is_json) std::cout << event.text << std::flush;
        return !guard.is_interrupted() && static_cast<bool>(std::cout);
      });
  if (!result) return fail(context, result.error());
  if (options.saved_state) {
    const Status saved = save_session(*model, options, prompt, result->tokens);
    if (!saved) return fail(context, saved.error());
  }
  if (context.is_json) {
    print_json({{"text", result->text},
                {"tokens", result->tokens},
                {"finish_reason", finish_reason_name(result->reason)}});
  } else {
    std::cout << '\n';
  }
  return result->reason == FinishReason::Cancelled ? 1 : 0;
}

}  // namespace

void add_generate_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = app.add_subcommand("generate", "continue a text");
  add_generation_options(*command, options->generation);
  command->add_option("--prompt", options->prompt, "the text to continue")->required();
  command->add_option("--stop", options->stops, "end before this text; may be given several times")
      ->allow_extra_args(false);
  command->add_option("--save-state", options->saved_state,
                      "write the state after the text to this file (.safetensors), for --state");
  command->callback([options, &context] {
    context.action = [options, &context] { return generate_text(context, *options); };
  });
}

}  // namespace greylag
