// SPDX-License-Identifier: Apache-2.0
// Which commands does greylag-engine have, and what do they share? Each command lives in a file of
// its own and registers itself with add_x_command. A command's CLI11 callback only sets
// context.action, which main runs after parsing: 0 done, 1 refused or failed, 2 usage.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/hrm_core.h"

namespace CLI {
class App;
}

namespace greylag {

// The global options, and what to run.
struct CommandContext {
  std::filesystem::path home;         // --home; empty = the platform's default (Home::open)
  std::optional<std::string> device;  // --device; none = "auto" (serve: the setting)
  unsigned threads = 0;               // --threads; 0 = all cores
  bool is_json = false;               // --json: stdout holds exactly one JSON value
  std::function<int()> action;        // set by the callback of the chosen command

  std::string device_choice() const { return device.value_or("auto"); }
  // --threads, else the cores that this process may use.
  unsigned cpu_threads() const;
};

// --model --vocab --adapter (repeatable) --adapter-alpha --state --hrm --alpha --effort.
struct ModelOptions {
  std::optional<std::filesystem::path> model;
  std::optional<std::filesystem::path> vocabulary;
  std::vector<std::filesystem::path> adapters;
  std::optional<double> adapter_alpha;  // for those adapters that carry none
  std::optional<std::filesystem::path> state;
  std::optional<std::filesystem::path> core;  // HRM reasoning core
  HrmUse core_use;
};
void add_model_options(CLI::App& command, ModelOptions& options);
// --adapter-alpha alone.
void add_adapter_alpha(CLI::App& command, std::optional<double>& alpha);

// The model that --model names, else the one shipped with the program. NotFound says what to do.
Result<std::filesystem::path> chosen_model(const ModelOptions& options);
// The first *.safetensors of resource_dir()/models by name that talks; none if there is none.
std::optional<std::filesystem::path> builtin_model();
// The first one there that solves puzzles.
std::optional<std::filesystem::path> builtin_reasoner();

// Says on stderr, in one line, why the command failed (and with --json {"error":{"code","message"}}
// on stdout). Returns 1.
int fail(const CommandContext& context, const Error& error);

void add_bench_command(CLI::App& app, CommandContext& context);
void add_chat_command(CLI::App& app, CommandContext& context);
void add_convert_command(CLI::App& app, CommandContext& context);
void add_demo_command(CLI::App& app, CommandContext& context);
void add_detokenize_command(CLI::App& app, CommandContext& context);
void add_devices_command(CLI::App& app, CommandContext& context);
void add_generate_command(CLI::App& app, CommandContext& context);
void add_inspect_command(CLI::App& app, CommandContext& context);
void add_logits_command(CLI::App& app, CommandContext& context);
void add_quantize_command(CLI::App& app, CommandContext& context);
void add_serve_command(CLI::App& app, CommandContext& context);
void add_solve_command(CLI::App& app, CommandContext& context);
void add_tokenize_command(CLI::App& app, CommandContext& context);

}  // namespace greylag
