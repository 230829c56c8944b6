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

namespace greylag {
namespace {

struct GenerateOptions {
  GenerationOptions generation;
  std::string prompt;
  std::vector<std::string> stops;
};

int generate_text(const CommandContext& context, const GenerateOptions& options) {
  const Result<LoadedModel> model = load_model(context, options.generation.model);
  if (!model) return fail(context, model.error());
  GenerationRequest request = make_request(*model, options.generation);
  request.prompt = model->host->tokenizer().encode(options.prompt);
  request.stops = options.stops;

  const InterruptGuard guard(InterruptGuard::At::Generation);
  const Result<GenerationResult> result =
      generate(model->host->scheduler(), std::move(request), [&](const GenerationEvent& event) {
        if (!context.is_json) std::cout << event.text << std::flush;
        return !guard.is_interrupted() && static_cast<bool>(std::cout);
      });
  if (!result) return fail(context, result.error());
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
  command->callback([options, &context] {
    context.action = [options, &context] { return generate_text(context, *options); };
  });
}

}  // namespace greylag
