// SPDX-License-Identifier: Apache-2.0
#include "core/server/model_pool.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <new>
#include <utility>

#include "core/base/log.h"
#include "core/base/platform.h"

namespace greylag {
namespace {

constexpr JobRunner::Options kReleases{.threads = 1, .queue_limit = 1'000};

Error stopping() { return {ErrorCode::Unavailable, "the engine is stopping"}; }

// The last holder of a model waits for its device thread, and chance decides who that is: a
// request's end on the HTTP thread, for one. So the last reference hands the model to the releases;
// when they take nothing more it is freed at once.
std::shared_ptr<ModelHost> released_elsewhere(std::shared_ptr<ModelHost> host,
                                              std::shared_ptr<JobRunner> releases) {
  ModelHost* plain = host.get();
  const auto release = [host = std::move(host),
                        releases = std::move(releases)](ModelHost*) mutable {
    const auto ignored = releases->submit(
        [last = std::move(host)](const std::stop_token&) mutable { last.reset(); });
  };
  return {plain, release};
}

}  // namespace

ModelPool::ModelPool(Options options, JobRunner& loads,
                     std::function<void(const std::string&)> on_change)
    : options_(std::move(options)),
      loads_(loads),
      on_change_(std::move(on_change)),
      releases_(std::make_shared<JobRunner>(kReleases)) {}

ModelPool::~ModelPool() { clear(); }

void ModelPool::close() {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (auto& [id, slot] : slots_) {
      std::ranges::move(slot.waiters, std::back_inserter(waiters));
      slot.waiters.clear();
    }
  }
  loads_.request_stop();
  for (const Waiter& waiter : waiters) waiter.ready(stopping());
}

void ModelPool::clear() {
  close();
  loads_.stop();
  std::map<std::string, Slot> slots;
  {
    const std::lock_guard lock(mutex_);
    slots = std::exchange(slots_, {});
  }
  slots.clear();
  releases_->stop();  // once the models that nobody uses are freed
}

Result<ModelPool::Start> ModelPool::start(const ModelEntry& entry, OnHost* ready) {
  const std::string& id = entry.status.id;
  if (!entry.status.problem.empty()) return Error{ErrorCode::BadFile, entry.status.problem};
  const std::lock_guard lock(mutex_);
  if (is_closed_) return stopping();
  Start start;
  auto slot = slots_.find(id);
  if (slot != slots_.end() && slot->second.is_of(entry)) start.host = slot->second.host;
  if (start.host) return start;
  if (slot == slots_.end() || !slot->second.is_loading) {
    if (being_removed_.contains(id)) {
      return Error{ErrorCode::Conflict, "the model \"" + id + "\" is being deleted"};
    }
    if (Status begun = start_load(entry); !begun) return begun.error();
    slot = slots_.find(id);
    start.is_new = true;
  }
  if (ready == nullptr) return start;
  std::vector<Waiter>& waiters = slot->second.waiters;
  const SchedulerOptions& scheduler = options_.scheduler;
  if (waiters.size() >= static_cast<size_t>(scheduler.slots + scheduler.queue_limit)) {
    return Error{ErrorCode::TooManyRequests,
                 "too many requests wait for the model \"" + id + "\" to be loaded"};
  }
  start.waiter = next_waiter_++;
  waiters.push_back({start.waiter, std::move(*ready)});
  return start;
}

// Under the lock. The model that was read from an older file goes first: its memory is needed.
Status ModelPool::start_load(const ModelEntry& entry) {
  Slot& slot = slots_[entry.status.id];
  const auto outdated = std::make_shared<Host>(std::exchange(slot.host, nullptr));
  const auto load = loads_.submit([this, entry, outdated](const std::stop_token& stop) {
    outdated->reset();
    run_load(entry, stop);
  });
  if (!load) {
    slot.host = std::move(*outdated);
    if (!slot.host) slots_.erase(entry.status.id);
    return load.error();
  }
  slot.path = entry.path;
  slot.written = entry.written;
  slot.is_loading = true;
  return {};
}

uint64_t ModelPool::acquire(const ModelEntry& entry, OnHost ready) {
  const Result<Start> begun = start(entry, &ready);
  if (!begun) {
    ready(begun.error());
    return 0;
  }
  if (begun->host) {
    ready(begun->host);
    return 0;
  }
  if (begun->is_new) on_change_(entry.status.id);
  return begun->waiter;
}

void ModelPool::leave(uint64_t waiter) {
  Waiter left;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  for (auto& [id, slot] : slots_) {
    const auto found = std::ranges::find(slot.waiters, waiter, &Waiter::number);
    if (found == slot.waiters.end()) continue;
    left = std::move(*found);
    slot.waiters.erase(found);
    return;
  }
}

Status ModelPool::begin_load(const ModelEntry& entry) {
  const Result<Start> begun = start(entry, nullptr);
  if (!begun) return begun.error();
  if (begun->is_new) on_change_(entry.status.id);
  return {};
}

// Memory of models that nobody uses any more is free again afterwards.
void ModelPool::await_releases() {
  std::promise<void> done;
  const auto job = releases_->submit([&done](const std::stop_token&) { done.set_value(); });
  if (job) done.get_future().wait();
}

Result<ModelPool::Host> ModelPool::load_host(const ModelEntry& entry, const std::stop_token& stop) {
  await_releases();
  if (entry.status.size_bytes > platform::memory_available_bytes()) {
    return Error{ErrorCode::NoSpace, "the model needs " +
                                         std::to_string(entry.status.size_bytes >> 20) +
                                         " MiB of memory and less is free; unload another model"};
  }
  try {
    std::string why;
    std::shared_ptr<gpu::Device> device = gpu::make_device(options_.device, options_.threads, &why);
    if (!device) return Error{ErrorCode::InvalidArgument, "device " + options_.device + ": " + why};
    return ModelHost::load({entry.path, entry.vocabulary}, std::move(device),
                           options_.tokenizers_dir, options_.scheduler,
                           [&](uint64_t, uint64_t) { return !stop.stop_requested(); });
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace, "there is not enough memory for this model"};
  } catch (const std::exception& e) {
    return Error{ErrorCode::Internal, std::string("the model cannot be loaded: ") + e.what()};
  }
}

void ModelPool::run_load(const ModelEntry& entry, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  Result<Host> host = stop.stop_requested() ? Result<Host>(stopping()) : load_host(entry, stop);
  if (host) host = released_elsewhere(*std::move(host), releases_);
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto it = slots_.find(entry.status.id);  // there: a slot that loads stays
    it->second.is_loading = false;
    waiters = std::exchange(it->second.waiters, {});
    if (host) {
      it->second.host = *host;
    } else {
      slots_.erase(it);
    }
    if (is_closed_) return;  // close() has told the waiters
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  log_info("server", host ? "a model was loaded in " + std::to_string(took.count()) + " s"
                          : "a model could not be loaded: " + host.error().message);
  on_change_(entry.status.id);
  for (const Waiter& waiter : waiters) waiter.ready(host);
}

Status ModelPool::unload(const std::string& id) {
  Host host;  // freed after the lock
  {
    const std::lock_guard lock(mutex_);
    const auto it = slots_.find(id);
    if (it == slots_.end()) return {};
    if (it->second.is_loading) return Error{ErrorCode::Conflict, "the model is still loading"};
    host = std::move(it->second.host);
    slots_.erase(it);
  }
  on_change_(id);
  return {};
}

Status ModelPool::remove(const std::string& id, const std::function<Status()>& remove_file) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = slots_.find(id);
    if (it != slots_.end() && it->second.is_loading) {
      return Error{ErrorCode::Conflict, "the model is still loading"};
    }
    if (!being_removed_.insert(id).second) {
      return Error{ErrorCode::Conflict, "the model is being deleted already"};
    }
  }
  Status removed = Error{ErrorCode::Internal, "the model could not be deleted"};
  try {
    removed = remove_file();
  } catch (const std::exception& problem) {
    removed = Error{ErrorCode::Internal, problem.what()};
  }
  Host host;  // freed after the lock
  {
    const std::lock_guard lock(mutex_);
    being_removed_.erase(id);
    const auto it = slots_.find(id);
    if (!removed || it == slots_.end()) return removed;
    host = std::move(it->second.host);
    slots_.erase(it);
  }
  on_change_(id);
  return {};
}

bool ModelPool::is_loaded(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = slots_.find(id);
  return it != slots_.end() && it->second.host != nullptr;
}

bool ModelPool::is_loading(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = slots_.find(id);
  return it != slots_.end() && it->second.is_loading;
}

std::vector<std::string> ModelPool::loaded() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, slot] : slots_) {
    if (slot.host) ids.push_back(id);
  }
  return ids;
}

Scheduler::Load ModelPool::load() const {
  const std::lock_guard lock(mutex_);
  Scheduler::Load sum;
  for (const auto& [id, slot] : slots_) {
    sum.waiting += static_cast<int32_t>(slot.waiters.size());
    if (!slot.host) continue;
    const Scheduler::Load one = slot.host->scheduler().load();
    sum.running += one.running;
    sum.waiting += one.waiting;
    sum.slots += one.slots;
    sum.tokens_generated += one.tokens_generated;
  }
  return sum;
}

}  // namespace greylag
