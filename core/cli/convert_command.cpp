// SPDX-License-Identifier: Apache-2.0
// greylag-engine convert IN OUT [--type T], and quantize IN OUT --type T: a checkpoint in another
// format or other types. Progress on stderr; Ctrl+C stops in a way that the same command goes on.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/cli/commands.h"
#include "core/cli/interrupt.h"
#include "core/cli/output.h"
#include "core/cli/progress_line.h"
#include "core/convert/convert_checkpoint.h"

namespace greylag {
namespace {

struct ConvertOptions {
  std::filesystem::path in, out;
  std::optional<std::string> type;
  bool is_restarting = false;
};

std::string type_text(const ConvertOptions& options) {
  return options.type ? std::string(gpu::dtype_name(*parse_conversion_type(*options.type))) : "";
}

nlohmann::ordered_json summary(const ConvertOptions& options, const Conversion& done) {
  nlohmann::ordered_json fallbacks = nlohmann::ordered_json::array();
  for (const Fallback& fallback : done.fallbacks) {
    fallbacks.push_back({{"tensor", fallback.tensor},
                         {"wanted", gpu::dtype_name(fallback.wanted)},
                         {"got", gpu::dtype_name(fallback.got)},
                         {"reason", fallback.reason}});
  }
  nlohmann::ordered_json type;  // null: each tensor kept its own
  if (options.type) type = type_text(options);
  return {{"in", path_to_utf8(options.in)},
          {"out", path_to_utf8(options.out)},
          {"format", output_format_name(done.format)},
          {"type", std::move(type)},
          {"tensors", done.tensors},
          {"bytes_in", done.bytes_in},
          {"bytes_out", done.bytes_out},
          {"kept_bytes", done.kept_bytes},
          {"seconds", done.seconds},
          {"gb_per_s", static_cast<double>(done.read_bytes) / 1e9 / std::max(done.seconds, 1e-9)},
          {"peak_memory_bytes", platform::memory_peak_bytes()},
          {"fallbacks", std::move(fallbacks)}};
}

// Tensors that share wish, type and reason are one line.
void print_fallbacks(std::span<const Fallback> fallbacks) {
  std::vector<bool> is_told(fallbacks.size());
  for (size_t i = 0; i < fallbacks.size(); ++i) {
    if (is_told[i]) continue;
    const Fallback& first = fallbacks[i];
    size_t count = 0;
    for (size_t j = i; j < fallbacks.size(); ++j) {
      const bool is_like = fallbacks[j].wanted == first.wanted && fallbacks[j].got == first.got &&
                           fallbacks[j].reason == first.reason;
      is_told[j] = is_told[j] || is_like;
      count += is_like;
    }
    std::cout << fmt::format("  {}{} became {} instead of {}: {}\n", first.tensor,
                             count > 1 ? fmt::format(" and {} more", count - 1) : "",
                             gpu::dtype_name(first.got), gpu::dtype_name(first.wanted),
                             first.reason);
  }
}

void print_summary(const ConvertOptions& options, const Conversion& done) {
  constexpr double kMegabyte = 1e6;
  std::cout << fmt::format(
      "{}: {} tensors{}, {:.1f} MB from {:.1f} MB, in {:.1f} s ({:.2f} GB/s; {:.0f} MB of "
      "memory)\n",
      path_to_utf8(options.out.filename()), done.tensors,
      options.type ? " as " + type_text(options) : "",
      static_cast<double>(done.bytes_out) / kMegabyte,
      static_cast<double>(done.bytes_in) / kMegabyte, done.seconds,
      static_cast<double>(done.read_bytes) / 1e9 / std::max(done.seconds, 1e-9),
      static_cast<double>(platform::memory_peak_bytes()) / kMegabyte);
  print_fallbacks(done.fallbacks);
}

int convert(const CommandContext& context, const ConvertOptions& options) {
  ProgressLine line(std::cerr, platform::is_terminal(2));
  const InterruptGuard interrupt(InterruptGuard::At::Generation);
  ConversionOptions conversion;
  if (options.type) conversion.type = *parse_conversion_type(*options.type);
  conversion.threads = context.threads;
  conversion.is_restarting = options.is_restarting;
  conversion.progress = [&](const ConversionProgress& progress) {
    line.show({.done_bytes = progress.done_bytes,
               .total_bytes = progress.total_bytes,
               .kept_bytes = progress.kept_bytes,
               .seconds = progress.seconds});
    return !interrupt.is_interrupted();
  };
  conversion.note = [](const std::string& note) { std::cerr << "note: " << note << std::endl; };
  const Result<Conversion> done = convert_checkpoint(options.in, options.out, conversion);
  line.clear();
  if (!done) return fail(context, done.error());
  if (context.is_json) {
    print_json(summary(options, *done));
  } else {
    print_summary(options, *done);
  }
  return 0;
}

void add(CLI::App& app, CommandContext& context, const char* name, const char* what,
         bool is_type_required) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("in", options->in, "checkpoint")->required();
  command->add_option("out", options->out, "new file: .pth, .safetensors or .gguf")->required();
  command->add_option("--type", options->type, "type of the weights: " + conversion_type_names())
      ->check(CLI::Validator(
          [](const std::string& text) {
            const Result<gpu::DType> type = parse_conversion_type(text);
            return type ? std::string() : type.error().message;
          },
          "TYPE"))
      ->required(is_type_required);
  command->add_flag("--restart", options->is_restarting,
                    "begin anew instead of going on with an unfinished output");
  command->callback([options, &context] {
    context.action = [options, &context] { return convert(context, *options); };
  });
}

}  // namespace

void add_convert_command(CLI::App& app, CommandContext& context) {
  add(app, context, "convert", "write a checkpoint in another format or type", false);
}

void add_quantize_command(CLI::App& app, CommandContext& context) {
  add(app, context, "quantize", "write a checkpoint with smaller weights", true);
}

}  // namespace greylag
