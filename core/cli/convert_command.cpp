// SPDX-License-Identifier: Apache-2.0
// greylag-engine convert IN OUT [--type T], and quantize IN OUT --type T: a checkpoint in another
// format or other types. Progress on stderr; Ctrl+C stops in a way that the same command goes on.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/adapter/convert_adapter.h"
#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/cli/commands.h"
#include "core/cli/conversion_report.h"
#include "core/cli/generation.h"
#include "core/cli/interrupt.h"
#include "core/cli/output.h"
#include "core/cli/progress_line.h"
#include "core/convert/convert_checkpoint.h"
#include "core/model/config.h"

namespace greylag {
namespace {

struct ConvertOptions {
  std::filesystem::path in, out;
  std::optional<std::string> type;
  std::optional<std::filesystem::path> vocabulary, report;
  bool is_restarting = false;
};

std::string type_text(const ConvertOptions& options) {
  return options.type ? std::string(gpu::dtype_name(*parse_conversion_type(*options.type))) : "";
}

constexpr uint64_t kMostReportBytes = 64u << 20;

struct Outcome {
  Conversion conversion;
  uint64_t peak_memory_bytes = 0;  // of the conversion; a report needs more
  std::optional<QualityReport> report;
};

nlohmann::ordered_json report_json(const QualityReport& report) {
  return {{"positions", report.positions},
          {"source_perplexity", report.source_perplexity},
          {"perplexity", report.perplexity},
          {"mean_kl", report.mean_kl},
          {"largest_kl", report.largest_kl},
          {"same_top", report.same_top},
          {"rms_logit_error", report.rms_logit_error},
          {"largest_logit_error", report.largest_logit_error}};
}

nlohmann::ordered_json summary(const ConvertOptions& options, const Outcome& outcome) {
  const Conversion& done = outcome.conversion;
  nlohmann::ordered_json fallbacks = nlohmann::ordered_json::array();
  for (const Fallback& fallback : done.fallbacks) {
    fallbacks.push_back({{"tensor", fallback.tensor},
                         {"wanted", gpu::dtype_name(fallback.wanted)},
                         {"got", gpu::dtype_name(fallback.got)},
                         {"reason", fallback.reason}});
  }
  nlohmann::ordered_json type;  // null: each tensor kept its own
  if (options.type) type = type_text(options);
  nlohmann::ordered_json out = {
      {"in", path_to_utf8(options.in)},
      {"out", path_to_utf8(options.out)},
      {"format", output_format_name(done.format)},
      {"type", std::move(type)},
      {"tensors", done.tensors},
      {"bytes_in", done.bytes_in},
      {"bytes_out", done.bytes_out},
      {"kept_bytes", done.kept_bytes},
      {"seconds", done.seconds},
      {"gb_per_s", static_cast<double>(done.read_bytes) / 1e9 / std::max(done.seconds, 1e-9)},
      {"peak_memory_bytes", outcome.peak_memory_bytes},
      {"fallbacks", std::move(fallbacks)}};
  if (outcome.report) out["report"] = report_json(*outcome.report);
  return out;
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

void print_summary(const ConvertOptions& options, const Outcome& outcome) {
  const Conversion& done = outcome.conversion;
  constexpr double kMegabyte = 1e6;
  std::cout << fmt::format(
      "{}: {} tensors{}, {:.1f} MB from {:.1f} MB, in {:.1f} s ({:.2f} GB/s; {:.0f} MB of "
      "memory)\n",
      path_to_utf8(options.out.filename()), done.tensors,
      options.type ? " as " + type_text(options) : "",
      static_cast<double>(done.bytes_out) / kMegabyte,
      static_cast<double>(done.bytes_in) / kMegabyte, done.seconds,
      static_cast<double>(done.read_bytes) / 1e9 / std::max(done.seconds, 1e-9),
      static_cast<double>(outcome.peak_memory_bytes) / kMegabyte);
  print_fallbacks(done.fallbacks);
  if (!outcome.report) return;
  const QualityReport& report = *outcome.report;
  std::cout << fmt::format(
      "  over {} tokens: perplexity {:.4f}, of the source {:.4f}; KL {:.5f} in the mean, {:.3f} at "
      "most; the same likeliest token in {:.1f} %\n",
      report.positions, report.perplexity, report.source_perplexity, report.mean_kl,
      report.largest_kl, 100 * report.same_top);
}

Result<Outcome> run(const CommandContext& context, const ConvertOptions& options) {
  std::string text;
  if (options.report) {  // a wrong name is known before the work
    Result<std::string> read = read_text_file(*options.report, kMostReportBytes);
    if (!read) return read.error();
    text = std::move(*read);
  }
  ProgressLine line(std::cerr, platform::is_terminal(2));
  const InterruptGuard interrupt(InterruptGuard::At::Generation);
  ConversionOptions conversion;
  if (options.type) conversion.type = *parse_conversion_type(*options.type);
  conversion.threads = context.threads;
  conversion.vocabulary = options.vocabulary;
  conversion.tokenizers_dir = tokenizers_dir(context);
  conversion.is_restarting = options.is_restarting;
  conversion.progress = [&](const ConversionProgress& progress) {
    line.show({.done_bytes = progress.done_bytes,
               .total_bytes = progress.total_bytes,
               .kept_bytes = progress.kept_bytes,
               .seconds = progress.seconds});
    return !interrupt.is_interrupted();
  };
  conversion.note = [](const std::string& note) { std::cerr << "note: " << note << std::endl; };
  Result<Conversion> done = convert_checkpoint(options.in, options.out, conversion);
  if (!done) return done.error();
  Outcome outcome{std::move(*done), platform::memory_peak_bytes(), std::nullopt};
  if (!options.report) return outcome;
  line.clear();
  const Result<QualityReport> report =
      report_conversion(context, options.in, options.out, options.vocabulary, text,
                        [&](int64_t, int64_t) { return !interrupt.is_interrupted(); });
  if (!report) {
    return report.error().in(path_to_utf8(options.out.filename()) +
                             " is written, but not compared");
  }
  outcome.report = *report;
  return outcome;
}

// Adapters and tuned states have no types to choose; what is left is their container.
bool is_adapter(const std::filesystem::path& file) {
  const auto reader = open_checkpoint(file);
  if (!reader) return false;
  const std::string kind = identify_architecture(**reader);
  return kind == "adapter" || kind == "state";
}

int convert_extra(const CommandContext& context, const ConvertOptions& options) {
  if (options.type || options.report || options.vocabulary) {
    return fail(context, Error{ErrorCode::InvalidArgument,
                               "an adapter or state is converted as it is: without --type, --vocab "
                               "and --report"});
  }
  const Result<AdapterConversion> done = convert_adapter(options.in, options.out);
  if (!done) return fail(context, done.error());
  const AdapterHeader& header = done->header;
  const std::string out = path_to_utf8(options.out);
  if (context.is_json) {
    nlohmann::ordered_json json = {{"in", path_to_utf8(options.in)},
                                   {"out", out},
                                   {"method", adapter_method_name(header.method)},
                                   {"tensors", done->tensors},
                                   {"bytes_out", done->size_bytes}};
    if (header.method == AdapterMethod::Lora) json["rank"] = header.rank;
    if (header.method == AdapterMethod::Lora) json["alpha"] = header.alpha;
    print_json(json);
    return 0;
  }
  std::cout << fmt::format("{}: {} tensors ({})\n", out, done->tensors,
                           adapter_method_name(header.method));
  if (!done->config.empty()) {
    std::cout << fmt::format("  rank {}, alpha {}, as {} says: give both to a merge script\n",
                             header.rank, header.alpha, path_to_utf8(done->config.filename()));
  }
  return 0;
}

int convert(const CommandContext& context, const ConvertOptions& options) {
  if (is_adapter(options.in)) return convert_extra(context, options);
  const Result<Outcome> outcome = run(context, options);
  if (!outcome) return fail(context, outcome.error());
  if (context.is_json) {
    print_json(summary(options, *outcome));
  } else {
    print_summary(options, *outcome);
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
  command->add_option("--vocab", options->vocabulary,
                      "vocabulary file or folder for a .gguf (default: found by the model)");
  command->add_option("--report", options->report,
                      "text file: compare the result with the source on it");
  command->add_flag("--restart", options->is_restarting,
                    "begin anew instead of going on with an unfinished output");
  command->callback([options, &context] {
    context.action = [options, &context] {
      const Result<std::filesystem::path> file = main_checkpoint_file(options->in);
      if (!file) return fail(context, file.error().in(path_to_utf8(options->in)));
      options->in = *file;
      return convert(context, *options);
    };
  });
}

}  // namespace

void add_convert_command(CLI::App& app, CommandContext& context) {
  add(app, context, "convert",
      "write a checkpoint in another format or type, an adapter as .pth or .safetensors", false);
}

void add_quantize_command(CLI::App& app, CommandContext& context) {
  add(app, context, "quantize", "write a checkpoint with smaller weights", true);
}

}  // namespace greylag
