// SPDX-License-Identifier: Apache-2.0
// What all commands share: model options, the model in the box, errors.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/home.h"
#include "core/base/platform.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/cli/commands.h"
#include "core/cli/output.h"
#include "core/model/puzzle_config.h"

namespace greylag {

unsigned CommandContext::cpu_threads() const {
  return threads > 0 ? threads : platform::cpu_count();
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("--model", options.model,
                     "checkpoint (.pth, .safetensors, .gguf or rwkv.cpp .bin)");
  command.add_option("--vocab", options.vocabulary, "vocabulary file or folder");
  command.add_option("--adapter", options.adapters, "adapter file; may be given several times")
      ->allow_extra_args(false);
  add_adapter_alpha(command, options.adapter_alpha);
  command.add_option("--state", options.state, "start state");
  command.add_option("--hrm", options.core, "HRM reasoning core (experimental)");
  command.add_option("--alpha", options.core_use.strength, "strength of the core, 0 = off")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--effort", options.core_use.effort, "H-cycles of the core; 0 = all")
      ->check(CLI::Range(0, 64));
}

void add_adapter_alpha(CLI::App& command, std::optional<double>& alpha) {
  command.add_option("--adapter-alpha", alpha,
                     "alpha of the LoRAs that do not say theirs (scale = alpha / rank); default: "
                     "the rank");
}

namespace {

// The first *.safetensors of the models shipped with the program that is, or is not, a reasoner.
std::optional<std::filesystem::path> first_builtin(bool is_reasoner) {
  std::error_code failed;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(resource_dir() / "models", failed)) {
    if (entry.path().extension() == ".safetensors") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  for (const std::filesystem::path& path : found) {
    const auto reader = open_checkpoint(path, Origin::Own);
    if ((reader && is_puzzle_file(**reader)) == is_reasoner) return path;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::filesystem::path> builtin_model() { return first_builtin(false); }
std::optional<std::filesystem::path> builtin_reasoner() { return first_builtin(true); }

Result<std::filesystem::path> chosen_model(const ModelOptions& options) {
  if (options.model) {
    Result<std::filesystem::path> file = main_checkpoint_file(*options.model);
    if (!file) return file.error().in(path_to_utf8(*options.model));
    return file;
  }
  if (std::optional<std::filesystem::path> builtin = builtin_model()) return *builtin;
  return Error{ErrorCode::NotFound,
               "no model: give one with --model FILE (this build ships no built-in model in " +
                   path_to_utf8(resource_dir() / "models") + ")"};
}

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid_argument";
    case ErrorCode::Unauthorized:
      return "unauthorized";
    case ErrorCode::Forbidden:
      return "forbidden";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::MethodNotAllowed:
      return "method_not_allowed";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::TooLarge:
      return "too_large";
    case ErrorCode::UnsupportedType:
      return "unsupported_type";
    case ErrorCode::BadFile:
      return "bad_file";
    case ErrorCode::TooManyRequests:
      return "too_many_requests";
    case ErrorCode::Internal:
      return "internal";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::NoSpace:
      return "no_space";
    case ErrorCode::Cancelled:
      return "cancelled";
  }
  return "internal";
}

void print_json(const nlohmann::ordered_json& value) {
  std::cout << value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
            << std::endl;
}

void report(const CommandContext& context, std::string_view code, const std::string& message) {
  std::string line = message;
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  std::cerr << "greylag-engine: " << line << std::endl;
  if (context.is_json) print_json({{"error", {{"code", code}, {"message", message}}}});
}

int fail(const CommandContext& context, const Error& error) {
  report(context, error_code_name(error.code), error.message);
  return 1;
}

}  // namespace greylag
