// SPDX-License-Identifier: Apache-2.0
// What do turns cost, and what do they bring? First token of a short request beside a long prompt
// and beside answers that never end; tokens per second with and without parking; several choices
// beside as many requests. Ratios of one run hold on a noisy machine, times do not.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/base/random.h"
#include "core/infer/model_host.h"

namespace greylag {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

class Bench {
 public:
  explicit Bench(ModelHost& host) : host_(host), scheduler_(host.scheduler()) {}

  GenerationRequest request(int64_t prompt_tokens, int64_t max_tokens) {
    GenerationRequest out;
    out.prompt.resize(static_cast<size_t>(prompt_tokens));
    for (int32_t& token : out.prompt) {
      token = static_cast<int32_t>(random_.below(static_cast<uint64_t>(host_.config().vocab)));
    }
    out.max_tokens = max_tokens;
    out.stop_tokens = {};
    return out;
  }
  // Runs until end(): nobody listens.
  void begin(GenerationRequest request) {
    const auto id = scheduler_.submit(std::move(request), [](const auto&) { return true; });
    if (!id) throw std::runtime_error(id.error().message);
    begun_.push_back(*id);
  }
  void end() {
    for (const uint64_t id : begun_) scheduler_.cancel(id);
    begun_.clear();
    while (scheduler_.load().running > 0) std::this_thread::yield();
  }
  // Median of several, in milliseconds.
  double first_token() {
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) {
      const auto start = Clock::now();
      generate(scheduler_, request(30, 1)).value();
      times.push_back(seconds_since(start) * 1e3);
      std::this_thread::sleep_for(std::chrono::milliseconds(37 * i));  // anywhere in a turn
    }
    return median(times);
  }
  double tokens_per_second(std::chrono::milliseconds span) {
    const uint64_t before = scheduler_.load().tokens_generated;
    const auto start = Clock::now();
    std::this_thread::sleep_for(span);
    const uint64_t drawn = scheduler_.load().tokens_generated - before;
    return static_cast<double>(drawn) / seconds_since(start);
  }
  // What the ratio above is made of: one answer parked and one back, a step of 16, in microseconds.
  void park_and_step() {
    scheduler_.run_on_device([&](Rwkv7& model, StatePool& pool, gpu::Device&, gpu::Queue&) {
      std::vector<StateSlot> slots;
      for (int i = 0; i < 16; ++i) slots.push_back(pool.take().value());
      const int32_t token = 1;
      Batch batch;
      for (const StateSlot& slot : slots) batch.add({&token, 1}, slot.index(), nullptr, true);
      std::vector<float> logits(16 * static_cast<size_t>(host_.config().vocab));
      std::vector<double> parks, steps;
      std::deque<HostState> parked(16);
      for (HostState& state : parked) state = pool.download(slots[0]);
      for (int i = 0; i < 2'000; ++i) {
        auto start = Clock::now();
        StateSlot& slot = slots[static_cast<size_t>(i % 16)];
        parked.push_back(pool.download(slot));
        slot = {};
        slot = pool.take().value();
        model.start(pool, slot);
        pool.upload(slot, parked.front());
        parked.pop_front();
        parks.push_back(seconds_since(start) * 1e6);
        start = Clock::now();
        if (!model.forward(batch, pool, logits)) throw std::runtime_error("no step");
        steps.push_back(seconds_since(start) * 1e6);
      }
      fmt::print("parking {:.0f} us, a step {:.0f} us: {:.2f} % of a turn of 32 steps\n",
                 median(parks), median(steps), 16 * median(parks) / (32 * median(steps)) * 100);
    });
  }
  // Until the last of `count` answers has ended, as one request or as several.
  double answers(int32_t count, bool are_choices, int64_t prompt_tokens) {
    std::promise<void> all;
    std::atomic<int32_t> left = count;
    const GenerationSink sink = [&](const GenerationEvent& event) {
      if (event.is_last && --left == 0) all.set_value();
      return true;
    };
    const auto start = Clock::now();
    for (int32_t i = 0; i < (are_choices ? 1 : count); ++i) {
      GenerationRequest one = request(prompt_tokens, 32);
      one.choices = are_choices ? count : 1;
      if (!scheduler_.submit(std::move(one), sink)) throw std::runtime_error("refused");
    }
    all.get_future().get();
    return seconds_since(start);
  }

 private:
  ModelHost& host_;
  Scheduler& scheduler_;
  CounterRandom random_{1, 0};
  std::vector<uint64_t> begun_;
};

void run(const std::string& model, unsigned threads) {
  std::string why;
  const auto loaded = ModelHost::load({.model = model, .vocabulary = {}},
                                      gpu::make_device("cpu", threads, &why), "");
  if (!loaded) throw std::runtime_error(loaded.error().message);
  Bench bench(**loaded);
  constexpr int64_t kEndless = int64_t{1} << 40;

  fmt::print("first token, alone                     {:8.1f} ms\n", bench.first_token());
  bench.begin(bench.request(4'000'000, 1));
  fmt::print("beside a prompt of 4 million tokens    {:8.1f} ms\n", bench.first_token());
  bench.end();
  for (int i = 0; i < 16; ++i) bench.begin(bench.request(1, kEndless));
  fmt::print("beside 16 answers in 16 slots          {:8.1f} ms\n", bench.first_token());
  for (int i = 0; i < 44; ++i) bench.begin(bench.request(1, kEndless));
  fmt::print("beside 60 answers in 16 slots          {:8.1f} ms\n", bench.first_token());
  bench.end();

  std::vector<double> ratios;
  for (int round = 0; round < 41; ++round) {
    for (int i = 0; i < 16; ++i) bench.begin(bench.request(1, kEndless));
    const double full = bench.tokens_per_second(std::chrono::milliseconds(150));
    for (int i = 0; i < 16; ++i) bench.begin(bench.request(1, kEndless));
    ratios.push_back(bench.tokens_per_second(std::chrono::milliseconds(150)) / full);
    bench.end();
  }
  fmt::print("tokens/s of 32 answers in 16 slots over 16 answers: {:.3f}\n", median(ratios));
  bench.park_and_step();

  std::vector<double> gains;
  for (int round = 0; round < 5; ++round) {
    const double apart = bench.answers(8, false, 2'000);
    gains.push_back(bench.answers(8, true, 2'000) / apart);
  }
  fmt::print("8 choices of a prompt of 2000 tokens over 8 requests: {:.3f}\n", median(gains));
}

}  // namespace
}  // namespace greylag

int main(int argc, char** argv) {
  CLI::App app("What turns cost and bring");
  std::string model;
  unsigned threads = 0;
  app.add_option("model", model, "checkpoint")->required();
  app.add_option("--threads", threads, "0 = all cores");
  CLI11_PARSE(app, argc, argv);
  try {
    greylag::run(model, threads);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}
