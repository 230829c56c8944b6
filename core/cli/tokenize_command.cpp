// SPDX-License-Identifier: Apache-2.0
// greylag-engine tokenize --text S and detokenize --tokens 1,2,3: with --vocab alone, or with the
// vocabulary that --model (or the built-in model) uses. No weights are read.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/cli/commands.h"
#include "core/cli/generation.h"
#include "core/cli/output.h"
#include "core/cli/token_list.h"
#include "core/infer/file_context.h"
#include "core/model/config.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

struct TokenizeOptions {
  ModelOptions model;
  std::string text;
  std::string tokens;
};

Result<std::shared_ptr<const Tokenizer>> pick_tokenizer(const CommandContext& context,
                                                        const ModelOptions& options) {
  if (options.vocabulary && !options.model) {
    Result<std::shared_ptr<const Tokenizer>> tokenizer = load_tokenizer(*options.vocabulary);
    if (!tokenizer) return in_file(tokenizer.error(), *options.vocabulary);
    return tokenizer;
  }
  const Result<std::filesystem::path> path = chosen_model(options);
  if (!path) return path.error();
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(*path);
  if (!reader) return in_file(reader.error(), *path);
  const Result<Config> config = read_config(**reader);
  if (!config) return in_file(config.error(), *path);
  Result<std::shared_ptr<const Tokenizer>> tokenizer =
      choose_tokenizer(config->vocab, *path, options.vocabulary, tokenizers_dir(context));
  if (!tokenizer) return in_file(tokenizer.error(), options.vocabulary.value_or(*path));
  return tokenizer;
}

int tokenize(const CommandContext& context, const TokenizeOptions& options) {
  const Result<std::shared_ptr<const Tokenizer>> tokenizer = pick_tokenizer(context, options.model);
  if (!tokenizer) return fail(context, tokenizer.error());
  const std::vector<int32_t> tokens = (*tokenizer)->encode(options.text);
  if (context.is_json) {
    print_json({{"tokens", tokens}});
  } else {
    std::cout << fmt::format("{}\n", fmt::join(tokens, ","));
  }
  return 0;
}

int detokenize(const CommandContext& context, const TokenizeOptions& options) {
  const Result<std::shared_ptr<const Tokenizer>> tokenizer = pick_tokenizer(context, options.model);
  if (!tokenizer) return fail(context, tokenizer.error());
  const Result<std::vector<int32_t>> tokens =
      tokens_below(options.tokens, (*tokenizer)->size(), "the vocabulary");
  if (!tokens) return fail(context, tokens.error());
  Utf8Stream utf8;
  std::string text;
  for (const int32_t token : *tokens) text += utf8.push((*tokenizer)->bytes(token));
  text += utf8.finish();
  if (context.is_json) {
    print_json({{"text", text}});
  } else {
    std::cout << text << '\n';
  }
  return 0;
}

}  // namespace

void add_tokenize_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("tokenize", "text to token ids");
  add_model_options(*command, options->model);
  command->add_option("--text", options->text, "the text")->required();
  command->callback([options, &context] {
    context.action = [options, &context] { return tokenize(context, *options); };
  });
}

void add_detokenize_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("detokenize", "token ids to text");
  add_model_options(*command, options->model);
  command->add_option("--tokens", options->tokens, "ids separated by commas")
      ->required()
      ->check(check_token_list);
  command->callback([options, &context] {
    context.action = [options, &context] { return detokenize(context, *options); };
  });
}

}  // namespace greylag
