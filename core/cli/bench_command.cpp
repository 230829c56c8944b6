// SPDX-License-Identifier: Apache-2.0
// greylag-engine bench: how fast does this machine read and write with this model, and how near is
// that to what its memory allows? Needs no vocabulary; the prompt is a fixed pattern of token ids.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/random.h"
#include "core/cli/commands.h"
#include "core/cli/direct_model.h"
#include "core/cli/output.h"
#include "core/infer/roof.h"
#include "core/model/op_clock.h"

namespace greylag {
namespace {

constexpr int64_t kPrefillChunk = 128;  // as the scheduler

struct BenchOptions {
  ModelOptions model;
  int64_t prompt = 128;                // tokens read per sequence
  int64_t tokens = 64;                 // tokens written per sequence
  std::vector<int32_t> batches = {1};  // sequences at once, one run each
  int repeats = 3;                     // of every run; the best and the median are shown
  bool has_ops = false;                // where the time goes, from one more repeat
  bool is_dense = false;               // read the weights that meet zeros, too
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// `batch` sequences on one model.
class Sequences {
 public:
  Sequences(const DirectModel& direct, int32_t batch, bool is_dense)
      : adapter_(direct.extras.adapter.get()),
        pool_(direct.weights->config, *direct.device, *direct.queue, batch),
        model_(direct.weights, *direct.device, *direct.queue),
        core_use_(direct.core_use),
        vocab_(static_cast<size_t>(direct.weights->config.vocab)) {
    model_.set_sparse(!is_dense);
    if (direct.extras.core) {
      core_.emplace(direct.extras.core, *direct.device, *direct.queue, batch);
    }
  }

  // Takes the slots, or starts all sequences over.
  Status start() {
    while (static_cast<int32_t>(slots_.size()) < pool_.slots()) {
      Result<StateSlot> slot = pool_.take();
      if (!slot) return slot.error();
      slots_.push_back(std::move(slot).value());
      if (!core_) continue;
      Result<StateSlot> core_slot = core_->states().take();
      if (!core_slot) return core_slot.error();
      core_slots_.push_back(std::move(core_slot).value());
    }
    for (const StateSlot& slot : core_slots_) core_->states().reset(slot);
    for (const StateSlot& slot : slots_) model_.start(pool_, slot);
    last_.assign(slots_.size(), 1);
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
                   slots_[sequence].index(), adapter_, begin + rows == count, core_of(sequence));
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
        batch_.add({&last_[s], 1}, slots_[s].index(), adapter_, true, core_of(s));
      }
      if (Status status = model_.forward(batch_, pool_, logits_); !status) return status;
      for (size_t s = 0; s < slots_.size(); ++s) last_[s] = best(s);
    }
    return {};
  }

  void set_clock(OpClock* clock) { model_.set_clock(clock); }
  uint64_t state_bytes() const { return pool_.bytes_per_slot(); }
  uint64_t core_state_bytes() const { return core_->states().bytes_per_slot(); }  // with a core

 private:
  SequenceCore core_of(size_t sequence) {
    if (!core_) return {};
    return {&*core_, core_slots_[sequence].index(), core_use_};
  }
  int32_t best(size_t row) const {
    const auto begin = logits_.begin() + static_cast<std::ptrdiff_t>(row * vocab_);
    const auto end = begin + static_cast<std::ptrdiff_t>(vocab_);
    return static_cast<int32_t>(std::max_element(begin, end) - begin);
  }

  const AdapterWeights* adapter_;
  StatePool pool_;
  Rwkv7 model_;
  HrmUse core_use_;
  std::optional<HrmCore> core_;
  size_t vocab_;
  std::vector<StateSlot> slots_, core_slots_;
  std::vector<int32_t> last_;
  Batch batch_;
  std::vector<float> logits_;
};

// Tokens per second over the repeats.
struct Speed {
  double best = 0, median = 0;
};

// What was measured with one size of batch.
struct BatchRun {
  int32_t batch = 1;
  Speed prefill, decode;
  uint64_t step_bytes = 0;           // of a decode step
  double bytes_per_second = 0;       // of the best decode
  std::optional<double> roof_share;  // of the best decode
  std::vector<OpClock::Row> prefill_ops, decode_ops;
  uint64_t bytes_per_token() const { return step_bytes / static_cast<uint64_t>(batch); }
};

struct Report {
  std::string model, device, device_name, device_detail;
  MemoryBandwidth bandwidth;  // zeros: unknown
  double load_seconds = 0;
  double first_token_seconds = 0;  // from opening the file, with the prompt read for the first time
  uint64_t state_bytes = 0, memory_resident_bytes = 0;
  std::vector<BatchRun> runs;
};

Speed speed_of(std::vector<double> seconds, int64_t tokens) {
  std::ranges::sort(seconds);
  const auto per_second = [&](double one) {
    return static_cast<double>(tokens) / std::max(one, 1e-9);
  };
  const size_t middle = seconds.size() / 2;
  const double median =
      seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  return {.best = per_second(seconds.front()), .median = per_second(median)};
}

// Where the time of one more repeat goes, op by op.
Status run_ops(Sequences& sequences, const BenchOptions& options, BatchRun& run) {
  OpClock clock;
  sequences.set_clock(&clock);
  Status status = sequences.start();
  if (status) status = sequences.read(options.prompt);
  run.prefill_ops = clock.rows();
  clock.clear();
  if (status) status = sequences.write(options.tokens);
  run.decode_ops = clock.rows();
  sequences.set_clock(nullptr);
  return status;
}

Result<BatchRun> run_batch(const DirectModel& direct, const BenchOptions& options, int32_t batch,
                           const Roof& roof) {
  Sequences sequences(direct, batch, options.is_dense);
  // Grows the buffers and wakes the threads; not measured.
  if (Status status = sequences.start(); !status) return status.error();
  if (Status status = sequences.read(std::min(options.prompt, kPrefillChunk)); !status) {
    return status.error();
  }
  if (Status status = sequences.write(1); !status) return status.error();

  std::vector<double> read_seconds, write_seconds;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    if (Status status = sequences.start(); !status) return status.error();
    const auto read_start = std::chrono::steady_clock::now();
    if (Status status = sequences.read(options.prompt); !status) return status.error();
    read_seconds.push_back(seconds_since(read_start));
    const auto write_start = std::chrono::steady_clock::now();
    if (Status status = sequences.write(options.tokens); !status) return status.error();
    write_seconds.push_back(seconds_since(write_start));
  }
  BatchRun run;
  run.batch = batch;
  run.prefill = speed_of(read_seconds, options.prompt * batch);
  run.decode = speed_of(write_seconds, options.tokens * batch);
  run.step_bytes = step_bytes(*direct.weights, sequences.state_bytes()).of(batch);
  if (direct.extras.core) {
    run.step_bytes += step_bytes(*direct.extras.core, sequences.core_state_bytes()).of(batch);
  }
  const auto steps = static_cast<double>(options.tokens);
  const Traffic best{.bytes = static_cast<double>(run.step_bytes) * steps,
                     .seconds = std::max(*std::ranges::min_element(write_seconds), 1e-9),
                     .steps = options.tokens};
  run.bytes_per_second = best.bytes / best.seconds;
  run.roof_share = roof.share(direct.device->info().id, best);
  if (options.has_ops) {
    if (Status status = run_ops(sequences, options, run); !status) return status.error();
  }
  return run;
}

Result<Report> measure(const CommandContext& context, const BenchOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Result<DirectModel> direct = load_direct_model(context, options.model);
  if (!direct) return direct.error();
  Report report;
  report.load_seconds = seconds_since(start);
  {
    Sequences one(*direct, 1, options.is_dense);
    if (Status status = one.start(); !status) return status.error();
    if (Status status = one.read(options.prompt); !status) return status.error();
    report.first_token_seconds = seconds_since(start);
    report.state_bytes = one.state_bytes();
  }
  const gpu::DeviceInfo& device = direct->device->info();
  report.model = path_to_utf8(direct->path.stem());
  report.device = device.id;
  report.device_name = device.name;
  report.device_detail = device.detail;
  Roof roof(context.threads);
  if (device.id == "cpu") report.bandwidth = roof.measure();
  for (const int32_t batch : options.batches) {
    Result<BatchRun> run = run_batch(*direct, options, batch, roof);
    if (!run) return run.error();
    report.runs.push_back(std::move(run).value());
  }
  report.memory_resident_bytes = platform::memory_resident_bytes();
  return report;
}

using Json = nlohmann::ordered_json;

Json known(double value) { return value > 0 ? Json(value) : Json(); }

Json ops_json(const std::vector<OpClock::Row>& rows) {
  Json list = Json::array();
  for (const OpClock::Row& row : rows) {
    list.push_back(
        {{"op", row.op}, {"seconds", row.seconds}, {"calls", row.calls}, {"bytes", row.bytes}});
  }
  return list;
}

Json run_json(const BatchRun& run, bool has_ops) {
  Json out = {{"batch", run.batch},
              {"prefill_tokens_per_second", run.prefill.best},
              {"prefill_median_tokens_per_second", run.prefill.median},
              {"decode_tokens_per_second", run.decode.best},
              {"decode_median_tokens_per_second", run.decode.median},
              {"bytes_per_token", run.bytes_per_token()},
              {"bytes_per_second", run.bytes_per_second},
              {"roof_share", known(run.roof_share.value_or(0))}};
  if (has_ops) {
    out["prefill_ops"] = ops_json(run.prefill_ops);
    out["decode_ops"] = ops_json(run.decode_ops);
  }
  return out;
}

// The first run's figures also stand at the top.
Json report_json(const Report& report, const BenchOptions& options) {
  const BatchRun& first = report.runs.front();
  Json out = {{"prefill_tokens_per_second", first.prefill.best},
              {"decode_tokens_per_second", first.decode.best},
              {"bytes_per_token", first.bytes_per_token()},
              {"roof_share", known(first.roof_share.value_or(0))},
              {"batch", first.batch},
              {"prompt", options.prompt},
              {"tokens", options.tokens},
              {"repeats", options.repeats},
              {"is_dense", options.is_dense},
              {"model", report.model},
              {"device", report.device},
              {"device_name", report.device_name},
              {"device_detail", report.device_detail},
              {"read_bytes_per_second", known(report.bandwidth.read)},
              {"copy_bytes_per_second", known(report.bandwidth.copy)},
              {"state_bytes", report.state_bytes},
              {"load_seconds", report.load_seconds},
              {"first_token_ms", report.first_token_seconds * 1e3},
              {"memory_resident_bytes", report.memory_resident_bytes}};
  out["runs"] = Json::array();
  for (const BatchRun& run : report.runs) out["runs"].push_back(run_json(run, options.has_ops));
  return out;
}

void print_ops(const char* title, const std::vector<OpClock::Row>& rows, int64_t tokens) {
  double all = 0;
  for (const OpClock::Row& row : rows) all += row.seconds;
  std::cout << fmt::format("  {:<20}{:>8}{:>14}{:>9}\n", title, "share", "us/token", "GB/s");
  for (const OpClock::Row& row : rows) {
    const std::string rate =
        row.bytes > 0 ? fmt::format("{:.1f}", static_cast<double>(row.bytes) / row.seconds / 1e9)
                      : "";
    std::cout << fmt::format("  {:<20}{:>6.1f} %{:>14.1f}{:>9}\n", row.op, 100 * row.seconds / all,
                             row.seconds * 1e6 / static_cast<double>(tokens), rate);
  }
}

void print_report(const Report& report, const BenchOptions& options) {
  std::cout << fmt::format("{} on {}: {}, {}\n", report.model, report.device, report.device_name,
                           report.device_detail);
  if (report.bandwidth.read > 0) {
    std::cout << fmt::format("memory   reads {:.1f} GB/s, copies {:.1f} GB/s\n",
                             report.bandwidth.read / 1e9, report.bandwidth.copy / 1e9);
  }
  std::cout << fmt::format(
      "model    loaded in {:.2f} s, first token after {:.0f} ms, {:.0f} MB resident\n"
      "tokens   {} read and {} written per sequence, {} times\n\n",
      report.load_seconds, report.first_token_seconds * 1e3,
      static_cast<double>(report.memory_resident_bytes) / 1e6, options.prompt, options.tokens,
      options.repeats);
  std::cout << fmt::format("{:>5}{:>20}{:>20}{:>11}{:>8}{:>10}\n", "batch", "prefill tok/s",
                           "decode tok/s", "MB/token", "GB/s", "of roof")
            << fmt::format("{:>5}{:>11}{:>9}{:>11}{:>9}\n", "", "best", "median", "best", "median");
  for (const BatchRun& run : report.runs) {
    const std::string share = run.roof_share ? fmt::format("{:.0f} %", *run.roof_share * 100) : "-";
    std::cout << fmt::format("{:>5}{:>11.1f}{:>9.1f}{:>11.1f}{:>9.1f}{:>11.1f}{:>8.1f}{:>10}\n",
                             run.batch, run.prefill.best, run.prefill.median, run.decode.best,
                             run.decode.median, static_cast<double>(run.bytes_per_token()) / 1e6,
                             run.bytes_per_second / 1e9, share);
  }
  if (!options.has_ops) return;
  for (const BatchRun& run : report.runs) {
    std::cout << fmt::format("\nbatch {}\n", run.batch);
    print_ops("prefill", run.prefill_ops, options.prompt * run.batch);
    std::cout << '\n';
    print_ops("decode", run.decode_ops, options.tokens * run.batch);
  }
}

int bench(const CommandContext& context, const BenchOptions& options) {
  const Result<Report> report = measure(context, options);
  if (!report) return fail(context, report.error());
  if (context.is_json)
    print_json(report_json(*report, options));
  else
    print_report(*report, options);
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
  command
      ->add_option("--batch", options->batches,
                   "sequences at once; several, as 1,2,4: one run each")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  command->add_option("--repeat", options->repeats, "times to measure each run")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--ops", options->has_ops, "also show where the time goes, op by op");
  command->add_flag("--dense", options->is_dense,
                    "read all weights, those too that meet a zero of relu^2");
  command->callback([options, &context] {
    context.action = [options, &context] { return bench(context, *options); };
  });
}

}  // namespace greylag
