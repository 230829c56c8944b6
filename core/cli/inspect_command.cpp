// SPDX-License-Identifier: Apache-2.0
// greylag-engine inspect FILE: what model or adapter is in it? Reads names and shapes; --verify
// reads all.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/cli/commands.h"
#include "core/cli/output.h"
#include "core/infer/file_context.h"
#include "core/model/config.h"
#include "core/model/hrm_config.h"
#include "core/model/puzzle_config.h"

namespace greylag {
namespace {

struct InspectOptions {
  std::filesystem::path file;
  bool is_verifying = false;
};

Result<nlohmann::ordered_json> describe_model(const CheckpointReader& reader) {
  const Result<Config> config = read_config(reader);
  if (!config) return config.error();
  return nlohmann::ordered_json{{"format", reader.format()},
                                {"architecture", identify_architecture(reader)},
                                {"layers", config->layers},
                                {"width", config->width},
                                {"heads", config->heads},
                                {"vocab", config->vocab},
                                {"dtype", gpu::dtype_name(config->dtype)},
                                {"parameters", config->parameters}};
}

Result<nlohmann::ordered_json> describe_puzzle(const CheckpointReader& reader) {
  const Result<PuzzleConfig> config = read_puzzle_config(reader);
  if (!config) return config.error();
  int64_t parameters = 0;
  for (const TensorInfo& info : reader.tensors()) parameters += info.shape.elements();
  nlohmann::ordered_json out = {
      {"format", reader.format()}, {"architecture", "puzzle reasoner"}, {"parameters", parameters}};
  std::map<std::string, std::string> fields = puzzle_metadata(*config);
  fields.erase("format");
  for (const auto& [key, value] : fields) out[key] = value;
  return out;
}

// A tuned state, or the saved state of a session, which holds shift states too.
nlohmann::ordered_json describe_state(const CheckpointReader& reader) {
  int64_t layers = 0, heads = 0;
  bool has_shift = false;
  for (const TensorInfo& info : reader.tensors()) {
    const bool is_wkv = info.name.ends_with(".time_state");
    layers += is_wkv ? 1 : 0;
    if (is_wkv && info.shape.rank() == 3) heads = info.shape[0];
    has_shift = has_shift || !is_wkv;
  }
  return {{"format", reader.format()},
          {"architecture", "state"},
          {"layers", layers},
          {"heads", heads},
          {"has_shift_states", has_shift}};
}

Result<nlohmann::ordered_json> describe_pairs(const CheckpointReader& reader,
                                              const std::filesystem::path& file) {
  const Result<AdapterSummary> adapter = describe_adapter(file);
  if (!adapter) return adapter.error();
  nlohmann::ordered_json out = {{"format", reader.format()},
                                {"architecture", identify_architecture(reader)},
                                {"method", adapter_method_name(adapter->method)},
                                {"layers", adapter->layers},
                                {"rank", adapter->rank},
                                {"alpha", adapter->alpha},
                                {"is_alpha_assumed", adapter->is_alpha_assumed},
                                {"matrices", adapter->matrices},
                                {"layer_norm_tensors", adapter->norms},
                                {"has_state", adapter->has_state}};
  if (!adapter->pissa_init.empty()) {
    out["pissa_init"] = path_to_utf8(adapter->pissa_init.filename());
  }
  if (!adapter->base_sha256.empty()) out["base_sha256"] = adapter->base_sha256;
  return out;
}

Result<nlohmann::ordered_json> describe_core(const CheckpointReader& reader) {
  const Result<HrmConfig> core = read_hrm_config(reader);
  if (!core) return core.error();
  nlohmann::ordered_json out = {{"format", reader.format()},
                                {"architecture", "hrm"},
                                {"width", core->width()},
                                {"blocks", core->blocks()},
                                {"h_cycles", core->recursion.h_cycles},
                                {"l_cycles", core->recursion.l_cycles},
                                {"tap", core->tap},
                                {"is_shared", core->is_shared},
                                {"has_gate", core->has_gate},
                                {"dtype", gpu::dtype_name(core->dtype)},
                                {"parameters", core->parameters()},
                                {"base_layers", core->base_layers},
                                {"base_width", core->base_width}};
  if (core->halt_tau > 0) out["halt_tau"] = core->halt_tau;
  if (!core->base_sha256.empty()) out["base_sha256"] = core->base_sha256;
  return out;
}

Result<nlohmann::ordered_json> describe(const CheckpointReader& reader,
                                        const std::filesystem::path& file) {
  const std::string kind = identify_architecture(reader);
  if (kind == "state") return describe_state(reader);
  if (kind == "adapter") return describe_pairs(reader, file);
  if (kind == "hrm") return describe_core(reader);
  if (kind == "puzzle") return describe_puzzle(reader);
  return describe_model(reader);
}

int inspect(const CommandContext& context, const InspectOptions& options) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(options.file);
  if (!reader) return fail(context, in_file(reader.error(), options.file));
  Result<nlohmann::ordered_json> described = describe(**reader, options.file);
  if (!described) return fail(context, in_file(described.error(), options.file));
  nlohmann::ordered_json& out = *described;
  out["parsed_in"] = sandbox_status();
  if (options.is_verifying) {
    if (Status status = (*reader)->verify(); !status) {
      return fail(context, in_file(status.error(), options.file));
    }
    const Result<std::string> hash = checkpoint_sha256(options.file);
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
  CLI::App* command = app.add_subcommand("inspect", "say what is in a model file");
  command->add_option("file", options->file, "checkpoint, adapter, state or reasoning core")
      ->required();
  command->add_flag("--verify", options->is_verifying, "check every checksum, print the SHA-256");
  command->callback([options, &context] {
    context.action = [options, &context] { return inspect(context, *options); };
  });
}

}  // namespace greylag
