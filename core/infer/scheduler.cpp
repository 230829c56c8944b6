// SPDX-License-Identifier: Apache-2.0
// The device thread: take what other threads asked for, do it, make one step, again. Sessions and
// the model are touched by that thread only; everything under `mutex` crosses threads. No lock is
// held over a sink, over work or over the device.
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
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/log.h"
#include "core/infer/prompt_budget.h"
#include "core/infer/session.h"
#include "core/infer/waiting_line.h"

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

Status check_request(const Config& config, const GenerationRequest& request) {
  if (request.prompt.empty()) return invalid("the prompt has no tokens");
  if (request.max_tokens < 0) return invalid("max_tokens must not be negative");
  if (request.choices < 1) return invalid("a request has at least one choice");
  if (Status status = check_tokens(config, request.prompt); !status) return status;
  if (request.adapter) {
    if (Status status = check_adapter(config, *request.adapter); !status) return status;
  }
  if (request.core) {
    if (Status status = check_hrm_base(request.core->config, config); !status) {
      return invalid(status.error().message);
    }
    if (request.core_use.effort < 0 || !std::isfinite(request.core_use.strength)) {
      return invalid("a core's effort is not negative and its strength is a number");
    }
  }
  if (!request.state) return {};
  if (Status status = check_state(config, *request.state); !status) return status;
  const bool is_thinking = request.core && request.core_use.strength != 0.0f;
  return check_core_state(*request.state, is_thinking ? request.core.get() : nullptr);
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
        model(std::move(model_weights), *device, *queue),
        places(options.slots, static_cast<int32_t>(std::min<uint64_t>(
                                  static_cast<uint64_t>(options.queue_limit),
                                  options.parked_bytes_limit / pool.bytes_per_slot()))) {
    fed.reserve(static_cast<size_t>(options.slots));
  }

  // What the device thread takes at the start of a round.
  struct Round {
    std::deque<PendingWork> works;
    std::vector<uint64_t> cancelled;
    std::vector<std::unique_ptr<Session>> dropped;  // of those who waited
    bool is_last = false;
    bool ends(const Session& session) const {
      return is_last || std::ranges::find(cancelled, session.id()) != cancelled.end();
    }
  };
  // A session of the current step; draws from logits row `logit_row`, none while it still reads.
  struct Fed {
    Session* session = nullptr;
    std::optional<size_t> logit_row;
  };
  Round next_round();
  void serve();
  // Gives slots to those who wait, as long as it is somebody's turn.
  void take_turns();
  // Moves the session from `running` to the line. False when the host has no memory for its state.
  bool park(Session& session);
  void admit(std::unique_ptr<Session> session);
  // The core at work, made when it is not yet.
  HrmCore& core_of(const std::shared_ptr<const HrmWeights>& weights);
  // Bytes that the current step moves.
  uint64_t step_cost() const;
  void step();
  Status forward();
  void draw(Session& session, std::span<const float> row);
  void drop_ended();

  // Set once, read by all.
  std::shared_ptr<gpu::Device> device;
  std::shared_ptr<const Tokenizer> tokenizer;
  const SchedulerOptions options;
  const Config config;

  // Device thread.
  std::unique_ptr<gpu::Queue> queue;
  StatePool pool;
  const StepBytes bytes_of_step;
  Rwkv7 model;
  std::vector<std::unique_ptr<HrmCore>> cores;

  QueuePlaces places;  // any thread

  // Guarded by mutex.
  mutable std::mutex mutex;
  std::condition_variable wake;
  WaitingLine line;
  std::deque<PendingWork> works;
  std::vector<uint64_t> cancels;
  uint64_t next_id = 1;
  int32_t running_count = 0;
  uint64_t tokens_generated = 0;
  bool is_stopping = false;

  // Device thread; sessions come after what they hold slots and places of.
  std::vector<std::unique_ptr<Session>> running;  // in the order in which they got their slots
  std::vector<Fed> fed;                           // the current step's
  Batch batch;
  std::vector<float> logits;  // [sessions that draw, V]

  std::thread thread;  // last: starts when all else is there
};

Scheduler::Impl::Round Scheduler::Impl::next_round() {
  Round round;
  std::unique_lock lock(mutex);
  running_count = static_cast<int32_t>(running.size());
  wake.wait(lock, [&] {
    return is_stopping || !works.empty() || !cancels.empty() || !line.empty() || !running.empty();
  });
  round.works.swap(works);
  round.cancelled.swap(cancels);
  round.is_last = is_stopping;
  round.dropped = line.take_if([&](const Session& session) { return round.ends(session); });
  return round;
}

void Scheduler::Impl::serve() {
  while (true) {
    Round round = next_round();
    for (std::unique_ptr<Session>& session : round.dropped) {
      session->finish(FinishReason::Cancelled);
    }
    for (std::unique_ptr<Session>& session : running) {
      if (round.ends(*session)) session->finish(FinishReason::Cancelled);
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
    take_turns();
    step();
    drop_ended();
  }
}

void Scheduler::Impl::take_turns() {
  while (true) {
    std::optional<Turn> turn;
    {
      const std::lock_guard lock(mutex);
      running_count = static_cast<int32_t>(running.size());
      turn = next_turn(line, running, options.slots);
    }
    if (!turn || (turn->leaving != nullptr && !park(*turn->leaving))) return;
    std::unique_ptr<Session> session;
    {
      // The turn still stands: only this thread takes from the line, and others push to its end.
      const std::lock_guard lock(mutex);
      session = line.take(turn->client);
    }
    admit(std::move(session));
  }
}

bool Scheduler::Impl::park(Session& session) {
  try {
    session.park(session.download(pool));
  } catch (const std::bad_alloc&) {
    log_error("infer", "not enough memory to park an answer; it goes on and others wait");
    session.start_turn();
    return false;
  } catch (const std::exception& problem) {
    session.finish(FinishReason::Error,
                   {ErrorCode::Internal, fmt::format("the device failed: {}", problem.what())});
  }
  const auto place = std::ranges::find(running, &session, &std::unique_ptr<Session>::get);
  std::unique_ptr<Session> parked = std::move(*place);
  running.erase(place);
  if (parked->has_ended()) return true;
  const std::lock_guard lock(mutex);
  line.push(std::move(parked));
  return true;
}

void Scheduler::Impl::admit(std::unique_ptr<Session> session) {
  Error failure;
  try {
    Result<StateSlot> slot = pool.take();
    if (slot) {
      const HostState* start = session->start_state();
      if (start != nullptr) {
        pool.upload(*slot, *start);
      } else {
        model.start(pool, *slot);
      }
      HrmCore* core = nullptr;
      Result<StateSlot> core_slot = StateSlot();
      if (session->core_weights()) {
        core = &core_of(session->core_weights());
        core_slot = core->states().take();
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
  const bool is_decode_step =
      std::ranges::none_of(running, [](const auto& session) { return session->is_reading(); });
  fed.clear();
  Status status;
  try {
    status = forward();
  } catch (const std::bad_alloc&) {
    status = Error{ErrorCode::NoSpace, "not enough memory for this step"};
  } catch (const std::exception& problem) {
    status = Error{ErrorCode::Internal, fmt::format("the device failed: {}", problem.what())};
  }
  if (!status) {
    log_error("infer", status.error().message);
    for (const auto& [session, row] : fed) session->finish(FinishReason::Error, status.error());
    return;
  }
  const auto vocab = static_cast<size_t>(config.vocab);
  for (const auto& [session, row] : fed) {
    if (row) draw(*session, std::span(logits).subspan(*row * vocab, vocab));
  }
  if (!is_decode_step || fed.empty()) return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const uint64_t bytes = step_cost();
  for (const auto& [session, row] : fed) session->add_step(bytes, took.count());
}

// Feeds everybody who runs, as far as the prompt budget goes.
Status Scheduler::Impl::forward() {
  batch.clear();
  std::vector<int64_t> left;
  for (const auto& session : running) left.push_back(session->prompt_left());
  const std::vector<int64_t> shares = share_prompt_budget(options.prefill_chunk, left);
  for (size_t i = 0; i < running.size(); ++i) {
    Session& session = *running[i];
    const std::span<const int32_t> tokens = session.next_tokens(shares[i]);
    if (tokens.empty()) continue;
    Fed& entry = fed.emplace_back(Fed{&session, std::nullopt});
    batch.add(tokens, session.slot(), session.adapter(), false, session.core());
    if (session.advance(tokens.size())) {
      entry.logit_row = batch.logit_rows.size();
      batch.logit_rows.push_back(static_cast<int32_t>(batch.tokens.size()) - 1);
    }
  }
  if (fed.empty()) return {};
  logits.resize(batch.logit_rows.size() * static_cast<size_t>(config.vocab));
  return model.forward(batch, pool, logits);
}

// When the session stood for several choices until now, each becomes a session of its own here:
// they draw their first token from the same row, and go on from a copy of the reader's state.
void Scheduler::Impl::draw(Session& session, std::span<const float> row) {
  int64_t drawn = -session.completion_tokens();
  std::vector<std::unique_ptr<Session>> others;
  try {
    others = session.fork();
    session.draw(row);
    for (const auto& other : others) other->draw(row);
    drawn += session.completion_tokens();
    for (const auto& other : others) drawn += other->completion_tokens();
    std::erase_if(others, [](const auto& other) { return other->has_ended(); });
    if (!others.empty()) {
      const std::shared_ptr<const HostState> state = session.download(pool);
      for (const auto& other : others) other->park(state);
    }
  } catch (const std::exception& problem) {
    const Error error{ErrorCode::Internal, problem.what()};
    session.finish(FinishReason::Error, error);
    for (const auto& other : others) other->finish(FinishReason::Error, error);
    others.clear();
  }
  const std::lock_guard lock(mutex);
  tokens_generated += static_cast<uint64_t>(std::max<int64_t>(drawn, 0));
  for (auto& other : others) line.push(std::move(other));
}

uint64_t Scheduler::Impl::step_cost() const {
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
  try {
    impl_->thread = std::thread([impl = impl_.get()] { impl->serve(); });
  } catch (const std::system_error& problem) {
    throw std::system_error(problem.code(), "the machine lets no more threads be started");
  }
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
  if (Status status = check_request(impl_->config, request); !status) return status.error();
  auto places = impl_->places.take(request.client, request.choices);
  if (!places) return places.error();
  uint64_t id = 0;
  {
    const std::lock_guard lock(impl_->mutex);
    id = impl_->next_id++;
    impl_->line.push(std::make_unique<Session>(id, std::move(request), std::move(places).value(),
                                               std::move(sink), *impl_->tokenizer));
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
          .waiting = std::max(impl_->places.taken() - impl_->running_count, 0),
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
