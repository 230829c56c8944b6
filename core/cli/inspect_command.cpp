// SPDX-License-Identifier: Apache-2.0
// greylag-engine inspect FILE: what model is in it? Reads names and shapes; --verify reads all.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/sha256.h"
#include "core/cli/commands.h"
#include "core/cli/output.h"
#include "core/infer/file_context.h"
#include "core/model/config.h"

namespace greylag {
namespace {

struct InspectOptions {
  std::filesystem::path file;
  bool is_verifying = false;
};

int inspect(const CommandContext& context, const InspectOptions& options) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(options.file);
  if (!reader) return fail(context, in_file(reader.error(), options.file));
  const Result<Config> config = read_config(**reader);
  if (!config) return fail(context, in_file(config.error(), options.file));
  nlohmann::ordered_json out = {{"format", (*reader)->format()},
                                {"architecture", identify_architecture(**reader)},
                                {"layers", config->layers},
                                {"width", config->width},
                                {"heads", config->heads},
                                {"vocab", config->vocab},
                                {"dtype", gpu::dtype_name(config->dtype)},
                                {"parameters", config->parameters}};
  if (options.is_verifying) {
    if (Status status = (*reader)->verify(); !status) {
      return fail(context, in_file(status.error(), options.file));
    }
    const Result<std::string> hash = sha256_file(options.file);
    if (!hash) return fail(context, in_file(hash.error(), options.file));
    out["sha256"] = *hash;
  }
  if (context.is_json) {
    print_json(out);
  } else {
    for (const auto& [key, value] : out.items()) {
      std::cout << key << ": " << (value.is_string() ? value.get<std::string>() : value.dump())
                << '\n';
    }
  }
  return 0;
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "say what model is in a file");
  command->add_option("file", options->file, "checkpoint")->required();
  command->add_flag("--verify", options->is_verifying, "check every checksum, print the SHA-256");
  command->callback([options, &context] {
    context.action = [options, &context] { return inspect(context, *options); };
  });
}

}  // namespace greylag
