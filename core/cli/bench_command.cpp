// SPDX-License-Identifier: Apache-2.0
// greylag-engine bench: how fast does this machine read and write with this model? Needs no
// vocabulary; the prompt is a fixed pattern of token ids.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/random.h"
#include "core/cli/commands.h"
#include "core/cli/direct_model.h"
#include "core/cli/output.h"
#include "core/infer/roof.h"

namespace greylag {
namespace {

constexpr int64_t kPrefillChunk = 128;  // as the scheduler

struct BenchOptions {
  ModelOptions model;
  int64_t prompt = 128;  // tokens read per sequence
  int64_t tokens = 64;   // tokens written per sequence
  int32_t batch = 1;     // sequences at once
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Bench {
 public:
  Bench(const DirectModel& direct, const BenchOptions& options)
      : options_(options),
        adapter_(direct.extras.adapter.get()),
        pool_(direct.weights->config, *direct.device, *direct.queue, options.batch),
        model_(direct.weights, *direct.device, *direct.queue),
        vocab_(static_cast<size_t>(direct.weights->config.vocab)) {}

  Status prepare() {
    for (int32_t i = 0; i < options_.batch; ++i) {
      Result<StateSlot> slot = pool_.take();
      if (!slot) return slot.error();
      slots_.push_back(std::move(slot).value());
    }
    last_.assign(slots_.size(), 1);
    // Grows the buffers and wakes the threads; not measured.
    if (Status status = read(std::min<int64_t>(options_.prompt, 2 * kPrefillChunk)); !status) {
      return status;
    }
    if (Status status = write(1); !status) return status;
    for (const StateSlot& slot : slots_) pool_.reset(slot);
    return {};
  }

  // Feeds `count` tokens to every sequence, as the scheduler does: kPrefillChunk rows per step.
  Status read(int64_t count) {
    CounterRandom random(1, 0);
    std::vector<int32_t> prompt(static_cast<size_t>(count));
    for (int32_t& token : prompt) token = static_cast<int32_t>(random.below(vocab_));
    for (size_t sequence = 0; sequence < slots_.size(); ++sequence) {
      for (int64_t begin = 0; begin < count; begin += kPrefillChunk) {
        const int64_t rows = std::min(kPrefillChunk, count - begin);
        batch_.clear();
        batch_.add(std::span(prompt).subspan(static_cast<size_t>(begin), static_cast<size_t>(rows)),
                   slots_[sequence].index(), adapter_, begin + rows == count);
        logits_.resize(batch_.logit_rows.size() * vocab_);
        if (Status status = model_.forward(batch_, pool_, logits_); !status) return status;
      }
      last_[sequence] = best(0);
    }
    return {};
  }

  Status write(int64_t count) {
    logits_.resize(slots_.size() * vocab_);
    for (int64_t i = 0; i < count; ++i) {
      batch_.clear();
      for (size_t s = 0; s < slots_.size(); ++s) {
        batch_.add({&last_[s], 1}, slots_[s].index(), adapter_, true);
      }
      if (Status status = model_.forward(batch_, pool_, logits_); !status) return status;
      for (size_t s = 0; s < slots_.size(); ++s) last_[s] = best(s);
    }
    return {};
  }

  uint64_t state_bytes() const { return pool_.bytes_per_slot(); }

 private:
  int32_t best(size_t row) const {
    const auto begin = logits_.begin() + static_cast<std::ptrdiff_t>(row * vocab_);
    const auto end = begin + static_cast<std::ptrdiff_t>(vocab_);
    return static_cast<int32_t>(std::max_element(begin, end) - begin);
  }

  const BenchOptions& options_;
  const AdapterWeights* adapter_;
  StatePool pool_;
  Rwkv7 model_;
  size_t vocab_;
  std::vector<StateSlot> slots_;
  std::vector<int32_t> last_;
  Batch batch_;
  std::vector<float> logits_;
};

int bench(const CommandContext& context, const BenchOptions& options) {
  const auto load_start = std::chrono::steady_clock::now();
  Result<DirectModel> direct = load_direct_model(context, options.model);
  if (!direct) return fail(context, direct.error());
  const double load_seconds = seconds_since(load_start);

  Bench run(*direct, options);
  if (Status status = run.prepare(); !status) return fail(context, status.error());
  const auto read_start = std::chrono::steady_clock::now();
  if (Status status = run.read(options.prompt); !status) return fail(context, status.error());
  const double read_seconds = seconds_since(read_start);
  const auto write_start = std::chrono::steady_clock::now();
  if (Status status = run.write(options.tokens); !status) return fail(context, status.error());
  const double write_seconds = seconds_since(write_start);

  const auto per_second = [&](int64_t tokens, double seconds) {
    return static_cast<double>(tokens * options.batch) / std::max(seconds, 1e-9);
  };
  const nlohmann::ordered_json out = {
      {"prefill_tokens_per_second", per_second(options.prompt, read_seconds)},
      {"decode_tokens_per_second", per_second(options.tokens, write_seconds)},
      {"bytes_per_token", step_bytes(*direct->weights, run.state_bytes()).of(options.batch) /
                              static_cast<uint64_t>(options.batch)},
      {"batch", options.batch},
      {"prompt", options.prompt},
      {"tokens", options.tokens},
      {"model", path_to_utf8(direct->path.stem())},
      {"device", direct->device->info().id},
      {"device_name", direct->device->info().name},
      {"state_bytes", run.state_bytes()},
      {"load_seconds", load_seconds},
      {"memory_resident_bytes", platform::memory_resident_bytes()}};
  if (context.is_json) {
    print_json(out);
  } else {
    for (const auto& [key, value] : out.items()) {
      std::cout << fmt::format("{:<27} {}\n", key,
                               value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return 0;
}

}  // namespace

void add_bench_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "measure tokens per second");
  add_model_options(*command, options->model);
  command->add_option("--prompt", options->prompt, "tokens to read per sequence")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20));
  command->add_option("--tokens", options->tokens, "tokens to write per sequence")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20));
  command->add_option("--batch", options->batch, "sequences at once")->check(CLI::Range(1, 1024));
  command->callback([options, &context] {
    context.action = [options, &context] { return bench(context, *options); };
  });
}

}  // namespace greylag
