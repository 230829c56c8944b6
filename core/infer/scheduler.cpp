// SPDX-License-Identifier: Apache-2.0
// The device thread: take what other threads asked for, do it, make one step, again. Sessions and
// the model are touched by that thread only; everything under `mutex` crosses threads. No lock is
// held over a sink or over work.
#include "core/infer/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/log.h"
#include "core/infer/prompt_budget.h"
#include "core/infer/session.h"

namespace greylag {
namespace {

using DeviceWork = std::function<void(Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&)>;

struct PendingWork {
  const DeviceWork* work = nullptr;  // the waiting caller keeps it alive
  std::promise<void> done;
};

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

Status check_state(const Config& c, const HostState& state) {
  const auto shift = static_cast<size_t>(c.layers * c.width);
  const auto wkv = static_cast<size_t>(c.layers * c.heads * c.head_size * c.head_size);
  if (state.att_shift.size() != shift || state.ffn_shift.size() != shift ||
      state.wkv.size() != wkv) {
    return invalid("the state was made for a model of another size");
  }
  return {};
}

}  // namespace

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::Stop:
      return "stop";
    case FinishReason::Length:
      return "length";
    case FinishReason::Cancelled:
      return "cancelled";
    case FinishReason::Error:
      return "error";
  }
  return "";
}

struct Scheduler::Impl {
  Impl(std::shared_ptr<const Weights> model_weights, std::shared_ptr<gpu::Device> model_device,
       std::shared_ptr<const Tokenizer> model_tokenizer, SchedulerOptions scheduler_options)
      : device(std::move(model_device)),
        tokenizer(std::move(model_tokenizer)),
        options(scheduler_options),
        config(model_weights->config),
        queue(device->make_queue()),
        // One place more, so that work between two steps (an embedding) always finds one.
        pool(config, *device, *queue, options.slots + 1),
        bytes_of_step(step_bytes(*model_weights, pool.bytes_per_slot())),
        model(std::move(model_weights), *device, *queue) {}

  // What the device thread takes at the start of a round.
  struct Round {
    std::deque<PendingWork> works;
    std::vector<std::unique_ptr<Session>> admitted, dropped;
    std::vector<uint64_t> cancelled;
    bool is_last = false;
  };
  // A session of the current step; draws from logits row `logit_row`, none while it still reads.
  struct Fed {
    Session* session = nullptr;
    std::optional<size_t> logit_row;
  };
  Round next_round();
  void serve();
  void admit(std::unique_ptr<Session> session);
  // The core at work, made when it is not yet.
  HrmCore& core_of(const std::shared_ptr<const HrmWeights>& weights);
  // Bytes that a step of these sessions moves.
  uint64_t step_cost(std::span<const Fed> fed) const;
  void step();
  void draw(std::span<const Fed> fed);
  void drop_ended();

  // Set once, read by all.
  std::shared_ptr<gpu::Device> device;
  std::shared_ptr<const Tokenizer> tokenizer;
  const SchedulerOptions options;
  const Config config;

  // Guarded by mutex.
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::unique_ptr<Session>> waiting;
  std::deque<PendingWork> works;
  std::vector<uint64_t> cancels;
  uint64_t next_id = 1;
  int32_t running_count = 0;
  uint64_t tokens_generated = 0;
  bool is_stopping = false;

  // Device thread.
  std::unique_ptr<gpu::Queue> queue;
  StatePool pool;
  const StepBytes bytes_of_step;
  Rwkv7 model;
  std::vector<std::unique_ptr<HrmCore>> cores;    // before their sessions: those hold their slots
  std::vector<std::unique_ptr<Session>> running;  // oldest first
  Batch batch;
  std::vector<float> logits;  // [sessions that draw, V]

  std::thread thread;  // last: starts when all else is there
};

Scheduler::Impl::Round Scheduler::Impl::next_round() {
  Round round;
  std::unique_lock lock(mutex);
  running_count = static_cast<int32_t>(running.size());
  wake.wait(lock, [&] {
    return is_stopping || !works.empty() || !cancels.empty() || !waiting.empty() ||
           !running.empty();
  });
  round.works.swap(works);
  round.cancelled.swap(cancels);
  round.is_last = is_stopping;
  const auto is_cancelled = [&](const std::unique_ptr<Session>& session) {
    return is_stopping ||
           std::ranges::find(round.cancelled, session->id()) != round.cancelled.end();
  };
  std::deque<std::unique_ptr<Session>> staying;
  for (std::unique_ptr<Session>& session : waiting) {
    if (is_cancelled(session)) {
      round.dropped.push_back(std::move(session));
    } else if (running_count < options.slots) {
      ++running_count;
      round.admitted.push_back(std::move(session));
    } else {
      staying.push_back(std::move(session));
    }
  }
  waiting.swap(staying);
  return round;
}

void Scheduler::Impl::serve() {
  while (true) {
    Round round = next_round();
    for (std::unique_ptr<Session>& session : round.dropped) {
      session->finish(FinishReason::Cancelled);
    }
    for (std::unique_ptr<Session>& session : running) {
      if (round.is_last ||
          std::ranges::find(round.cancelled, session->id()) != round.cancelled.end()) {
        session->finish(FinishReason::Cancelled);
      }
    }
    drop_ended();
    for (PendingWork& pending : round.works) {
      try {
        (*pending.work)(model, pool, *device, *queue);
        pending.done.set_value();
      } catch (...) {
        pending.done.set_exception(std::current_exception());
      }
    }
    if (round.is_last) return;
    for (std::unique_ptr<Session>& session : round.admitted) admit(std::move(session));
    step();
    drop_ended();
  }
}

void Scheduler::Impl::admit(std::unique_ptr<Session> session) {
  Error failure;
  try {
    Result<StateSlot> slot = pool.take();
    if (slot) {
      model.start(pool, *slot);
      if (session->start_state() != nullptr) pool.upload(*slot, *session->start_state());
      HrmCore* core = nullptr;
      Result<StateSlot> core_slot = StateSlot();
      if (session->core_weights()) {
        core = &core_of(session->core_weights());
        core_slot = core->states().take();
        const HostState* start = session->start_state();
        if (core_slot && start != nullptr && start->core) {
          if (Status status = core->upload(*core_slot, *start->core); !status) {
            core_slot = status.error();
          }
        }
      }
      if (core_slot) {
        session->start(std::move(slot).value(), core, std::move(core_slot).value());
        running.push_back(std::move(session));
        return;
      }
      failure = core_slot.error();
    } else {
      failure = slot.error();
    }
  } catch (const std::exception& problem) {
    failure = {ErrorCode::Internal, fmt::format("the device failed: {}", problem.what())};
  }
  session->finish(FinishReason::Error, std::move(failure));
}

// Exceptions of devices and ops end the sessions of this step, not the process.
void Scheduler::Impl::step() {
  const auto start = std::chrono::steady_clock::now();
  bool is_decode_step = true;  // nobody reads a prompt in it
  batch.clear();
  std::vector<Fed> fed;
  std::vector<int64_t> left;
  for (const auto& session : running) left.push_back(session->prompt_left());
  const std::vector<int64_t> shares = share_prompt_budget(options.prefill_chunk, left);
  for (size_t i = 0; i < running.size(); ++i) {
    const std::unique_ptr<Session>& session = running[i];
    const std::span<const int32_t> tokens = session->next_tokens(shares[i]);
    if (tokens.empty()) continue;
    if (session->is_reading()) is_decode_step = false;
    batch.add(tokens, session->slot(), session->adapter(), false, session->core());
    Fed& entry = fed.emplace_back(Fed{session.get(), std::nullopt});
    if (session->advance(tokens.size())) {
      entry.logit_row = batch.logit_rows.size();
      batch.logit_rows.push_back(static_cast<int32_t>(batch.tokens.size()) - 1);
    }
  }
  if (fed.empty()) return;

  Error failure;
  bool has_failed = false;
  try {
    logits.resize(batch.logit_rows.size() * static_cast<size_t>(config.vocab));
    if (Status status = model.forward(batch, pool, logits); !status) {
      failure = status.error();
      has_failed = true;
    }
  } catch (const std::bad_alloc&) {
    failure = {ErrorCode::NoSpace, "not enough memory for this step"};
    has_failed = true;
  } catch (const std::exception& problem) {
    failure = {ErrorCode::Internal, fmt::format("the device failed: {}", problem.what())};
    has_failed = true;
  }
  if (has_failed) {
    log_error("infer", failure.message);
    for (const auto& [session, row] : fed) session->finish(FinishReason::Error, failure);
    return;
  }
  draw(fed);
  if (!is_decode_step) return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const uint64_t bytes = step_cost(fed);
  for (const auto& [session, row] : fed) session->add_step(bytes, took.count());
}

void Scheduler::Impl::draw(std::span<const Fed> fed) {
  uint64_t drawn = 0;
  const auto vocab = static_cast<size_t>(config.vocab);
  for (const auto& [session, row] : fed) {
    if (!row) continue;
    const int64_t before = session->completion_tokens();
    try {
      session->draw(std::span(logits).subspan(*row * vocab, vocab));
    } catch (const std::exception& problem) {
      session->finish(FinishReason::Error, {ErrorCode::Internal, problem.what()});
    }
    drawn += static_cast<uint64_t>(session->completion_tokens() - before);
  }
  const std::lock_guard lock(mutex);
  tokens_generated += drawn;
}

uint64_t Scheduler::Impl::step_cost(std::span<const Fed> fed) const {
  uint64_t bytes = bytes_of_step.of(static_cast<int64_t>(fed.size()));
  for (const auto& core : cores) {
    const auto used = std::ranges::count_if(
        fed, [&](const Fed& entry) { return entry.session->core().core == core.get(); });
    if (used > 0) {
      bytes += step_bytes(core->weights(), core->states().bytes_per_slot()).of(used);
    }
  }
  return bytes;
}

HrmCore& Scheduler::Impl::core_of(const std::shared_ptr<const HrmWeights>& weights) {
  const auto known = std::ranges::find_if(
      cores, [&](const auto& core) { return &core->weights() == weights.get(); });
  if (known != cores.end()) return **known;
  return *cores.emplace_back(
      std::make_unique<HrmCore>(weights, *device, *queue, options.slots + 1));
}

// Cores that nobody can ask for again go with the last session that used them.
void Scheduler::Impl::drop_ended() {
  std::erase_if(running, [](const std::unique_ptr<Session>& s) { return s->has_ended(); });
  std::erase_if(cores, [](const auto& core) { return core->is_last_owner(); });
}

Scheduler::Scheduler(std::shared_ptr<const Weights> weights, std::shared_ptr<gpu::Device> device,
                     std::shared_ptr<const Tokenizer> tokenizer, SchedulerOptions options)
    : impl_(std::make_unique<Impl>(std::move(weights), std::move(device), std::move(tokenizer),
                                   options)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->serve(); });
}

Scheduler::~Scheduler() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_stopping = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
}

Result<uint64_t> Scheduler::submit(GenerationRequest request, GenerationSink sink) {
  if (request.prompt.empty()) return invalid("the prompt has no tokens");
  if (request.max_tokens < 0) return invalid("max_tokens must not be negative");
  if (Status status = check_tokens(impl_->config, request.prompt); !status) return status.error();
  if (request.adapter) {
    if (Status status = check_adapter(impl_->config, *request.adapter); !status) {
      return status.error();
    }
  }
  if (request.state) {
    if (Status status = check_state(impl_->config, *request.state); !status) return status.error();
  }
  if (request.core) {
    if (Status status = check_hrm_base(request.core->config, impl_->config); !status) {
      return invalid(status.error().message);
    }
    if (request.core_use.effort < 0 || !std::isfinite(request.core_use.strength)) {
      return invalid("a core's effort is not negative and its strength is a number");
    }
  }
  if (request.state) {
    const bool is_thinking = request.core && request.core_use.strength != 0.0f;
    const HrmWeights* core = is_thinking ? request.core.get() : nullptr;
    if (Status status = check_core_state(*request.state, core); !status) return status.error();
  }
  uint64_t id = 0;
  {
    const std::lock_guard lock(impl_->mutex);
    const auto busy = impl_->running_count + static_cast<int32_t>(impl_->waiting.size());
    if (busy >= impl_->options.slots + impl_->options.queue_limit) {
      return Error{ErrorCode::TooManyRequests,
                   fmt::format("the queue is full: {} generations are running or waiting", busy)};
    }
    id = impl_->next_id++;
    impl_->waiting.push_back(
        std::make_unique<Session>(id, std::move(request), std::move(sink), *impl_->tokenizer));
  }
  impl_->wake.notify_all();
  return id;
}

void Scheduler::cancel(uint64_t id) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->cancels.push_back(id);
  }
  impl_->wake.notify_all();
}

void Scheduler::run_on_device(const DeviceWork& work) {
  check(std::this_thread::get_id() != impl_->thread.get_id(), "run_on_device is not for sinks");
  std::future<void> done;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->works.push_back({&work, {}});
    done = impl_->works.back().done.get_future();
  }
  impl_->wake.notify_all();
  done.get();
}

Scheduler::Load Scheduler::load() const {
  const std::lock_guard lock(impl_->mutex);
  return {.running = impl_->running_count,
          .waiting = static_cast<int32_t>(impl_->waiting.size()),
          .slots = impl_->options.slots,
          .tokens_generated = impl_->tokens_generated};
}

std::optional<double> Scheduler::roof_share(const Traffic& traffic) const {
  if (!impl_->options.roof) return {};
  return impl_->options.roof->share(impl_->device->info().id, traffic);
}

const Config& Scheduler::config() const { return impl_->config; }
const Tokenizer& Scheduler::tokenizer() const { return *impl_->tokenizer; }

}  // namespace greylag
