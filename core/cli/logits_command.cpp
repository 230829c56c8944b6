// SPDX-License-Identifier: Apache-2.0
// greylag-engine logits: the raw output of the model for given tokens, for comparison with other
// implementations. Needs no vocabulary.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>

#include "core/base/file.h"
#include "core/cli/commands.h"
#include "core/cli/direct_model.h"
#include "core/cli/token_list.h"

namespace greylag {
namespace {

struct LogitsOptions {
  ModelOptions model;
  std::string tokens;
  bool has_all = false;     // one row per position, else the last one
  bool has_hidden = false;  // ln_out rows too
  int64_t chunk = 0;        // tokens per forward; 0 = all at once
};

struct Rows {
  std::vector<float> logits, hidden;  // [rows, V], [rows, C]
};

Result<Rows> run(DirectModel& direct, const std::vector<int32_t>& tokens,
                 const LogitsOptions& options) {
  const Config& config = direct.weights->config;
  StatePool pool(config, *direct.device, *direct.queue, 1);
  Rwkv7 model(direct.weights, *direct.device, *direct.queue);
  const Result<StateSlot> slot = pool.take();
  if (!slot) return slot.error();
  model.start(pool, *slot);
  if (direct.extras.state) pool.upload(*slot, *direct.extras.state);

  std::optional<HrmCore> core;
  StateSlot core_slot;
  SequenceCore under;
  if (direct.extras.core) {
    core.emplace(direct.extras.core, *direct.device, *direct.queue, 1);
    Result<StateSlot> taken = core->states().take();
    if (!taken) return taken.error();
    core_slot = std::move(taken).value();
    under = {&*core, core_slot.index(), direct.core_use};
  }
  if (direct.extras.state) {
    Status fits = check_core_state(*direct.extras.state,
                                   under.is_active() ? direct.extras.core.get() : nullptr);
    if (fits && direct.extras.state->core)
      fits = core->upload(core_slot, *direct.extras.state->core);
    if (!fits) return fits.error();
  }

  const auto vocab = static_cast<size_t>(config.vocab), width = static_cast<size_t>(config.width);
  const size_t chunk = options.chunk > 0 ? static_cast<size_t>(options.chunk) : tokens.size();
  Rows all;
  std::vector<float> logits, hidden;
  Batch batch;
  for (size_t begin = 0; begin < tokens.size(); begin += chunk) {
    const size_t count = std::min(chunk, tokens.size() - begin);
    const bool is_last = begin + count == tokens.size();
    batch.clear();
    batch.add(std::span(tokens).subspan(begin, count), slot->index(), direct.extras.adapter.get(),
              is_last && !options.has_all, under);
    if (options.has_all) {
      batch.logit_rows.resize(count);
      std::iota(batch.logit_rows.begin(), batch.logit_rows.end(), 0);
    }
    logits.resize(batch.logit_rows.size() * vocab);
    hidden.resize(options.has_hidden ? count * width : 0);
    if (Status status = model.forward(batch, pool, logits, hidden); !status) {
      return status.error();
    }
    all.logits.insert(all.logits.end(), logits.begin(), logits.end());
    if (options.has_all) {
      all.hidden.insert(all.hidden.end(), hidden.begin(), hidden.end());
    } else if (is_last && options.has_hidden) {
      all.hidden.assign(hidden.end() - static_cast<std::ptrdiff_t>(width), hidden.end());
    }
  }
  return all;
}

// 9 significant digits name an f32 exactly; JSON knows no infinity.
void append_row(std::string& out, std::span<const float> row) {
  out += '[';
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out += ',';
    if (std::isfinite(row[i])) {
      fmt::format_to(std::back_inserter(out), "{:.9g}", row[i]);
    } else {
      out += "null";
    }
  }
  out += ']';
}

void append_rows(std::string& out, std::span<const float> values, size_t width, bool has_all) {
  if (!has_all) return append_row(out, values);
  out += '[';
  for (size_t begin = 0; begin < values.size(); begin += width) {
    if (begin > 0) out += ',';
    append_row(out, values.subspan(begin, width));
  }
  out += ']';
}

void print_best(std::span<const float> row) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t count = std::min<size_t>(10, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [row](size_t a, size_t b) { return row[a] > row[b]; });
  for (size_t i = 0; i < count; ++i) {
    std::cout << fmt::format("{:>6}  {:.9g}\n", order[i], row[order[i]]);
  }
}

int logits(const CommandContext& context, const LogitsOptions& options) {
  Result<DirectModel> direct = load_direct_model(context, options.model);
  if (!direct) return fail(context, direct.error());
  const Config& config = direct->weights->config;
  const Result<std::vector<int32_t>> tokens =
      tokens_below(options.tokens, config.vocab, path_to_utf8(direct->path.filename()));
  if (!tokens) return fail(context, tokens.error());
  const Result<Rows> rows = run(*direct, *tokens, options);
  if (!rows) return fail(context, rows.error());
  const auto vocab = static_cast<size_t>(config.vocab), width = static_cast<size_t>(config.width);
  if (!context.is_json) {
    for (size_t begin = 0; begin < rows->logits.size(); begin += vocab) {
      if (begin > 0) std::cout << '\n';
      print_best(std::span(rows->logits).subspan(begin, vocab));
    }
    return 0;
  }
  std::string out = fmt::format("{{\"tokens\":[{}],\"logits\":", fmt::join(*tokens, ","));
  append_rows(out, rows->logits, vocab, options.has_all);
  if (options.has_hidden) {
    out += ",\"hidden\":";
    append_rows(out, rows->hidden, width, options.has_all);
  }
  std::cout << out << '}' << std::endl;
  return 0;
}

}  // namespace

void add_logits_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<LogitsOptions>();
  CLI::App* command = app.add_subcommand("logits", "the model's output for given tokens");
  add_model_options(*command, options->model);
  command->add_option("--tokens", options->tokens, "ids separated by commas")
      ->required()
      ->check(check_token_list);
  command->add_flag("--all", options->has_all, "one row per position, not the last one only");
  command->add_flag("--hidden", options->has_hidden, "the hidden states before the head too");
  command->add_option("--chunk", options->chunk, "tokens per forward pass (default: all)")
      ->check(CLI::PositiveNumber);
  command->callback([options, &context] {
    context.action = [options, &context] { return logits(context, *options); };
  });
}

}  // namespace greylag
