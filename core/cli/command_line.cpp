// SPDX-License-Identifier: Apache-2.0
// Registers the commands, parses, runs the chosen one.
#include "core/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string_view>

#include "core/base/exception_error.h"
#include "core/cli/commands.h"
#include "core/cli/output.h"

namespace greylag {
namespace {

void add_commands(CLI::App& app, CommandContext& context) {
  add_inspect_command(app, context);
  add_convert_command(app, context);
  add_quantize_command(app, context);
  add_tokenize_command(app, context);
  add_detokenize_command(app, context);
  add_logits_command(app, context);
  add_generate_command(app, context);
  add_chat_command(app, context);
  add_solve_command(app, context);
  add_bench_command(app, context);
  add_devices_command(app, context);
  add_serve_command(app, context);
  add_demo_command(app, context);
}

// The error may come before --json was parsed.
bool asks_for_json(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

int run(int argc, const char* const* argv) {
  CommandContext context;
  CLI::App app("greylag-engine: run, inspect and serve RWKV-7 models");
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the command
  app.add_option("--home", context.home, "Greylag's folder (default: the system's data folder)");
  app.add_option("--device", context.device, "auto, cpu, cuda:N or vulkan:N");
  app.add_option("--threads", context.threads, "CPU threads; 0 = all cores");
  app.add_flag("--json", context.is_json, "print exactly one JSON value on stdout");
  add_commands(app, context);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {  // --help
    return app.exit(wish);
  } catch (const CLI::ParseError& problem) {
    context.is_json = context.is_json || asks_for_json(argc, argv);
    report(context, "usage", std::string(problem.what()) + " (see --help)");
    return 2;
  }
  try {
    return context.action();
  } catch (const std::exception& problem) {
    return fail(context, error_of(problem));
  }
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  const int code = run(argc, argv);
  std::cout.flush();
  if (code == 0 && !std::cout) return 1;
  return code;
}

}  // namespace greylag
