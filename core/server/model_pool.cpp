// SPDX-License-Identifier: Apache-2.0
#include "core/server/model_pool.h"

#include <exception>
#include <new>

#include "core/base/log.h"
#include "core/base/platform.h"

namespace greylag {

ModelPool::ModelPool(Options options, std::function<void(const std::string&)> on_change)
    : options_(std::move(options)), on_change_(std::move(on_change)) {}

ModelPool::~ModelPool() { clear(); }

void ModelPool::clear() {
  std::map<std::string, Slot> slots;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    slots = std::move(slots_);
    slots_.clear();
  }
  loaded_.notify_all();
  slots.clear();  // joins the loaders, then the device threads of models that nobody uses
}

Result<std::shared_ptr<ModelHost>> ModelPool::acquire(const ModelEntry& entry,
                                                      std::chrono::milliseconds wait) {
  const std::string& id = entry.status.id;
  if (!entry.status.problem.empty()) return Error{ErrorCode::BadFile, entry.status.problem};
  bool is_started = false;
  std::unique_lock lock(mutex_);
  if (is_closed_) return Error{ErrorCode::Unavailable, "the engine is stopping"};
  {
    Slot& slot = slots_[id];
    const bool is_current = slot.path == entry.path && slot.written == entry.written;
    if (slot.host && is_current) return slot.host;
    if (!slot.is_loading) {
      start_load(slot, entry);
      is_started = true;
    }
  }
  if (is_started) {
    lock.unlock();
    on_change_(id);
    lock.lock();
  }
  const auto is_settled = [&] {
    const auto it = slots_.find(id);
    return is_closed_ || it == slots_.end() || !it->second.is_loading;
  };
  if (!loaded_.wait_for(lock, wait, is_settled)) {
    return Error{ErrorCode::Unavailable, "the model \"" + id + "\" is still loading"};
  }
  const auto it = slots_.find(id);
  if (is_closed_ || it == slots_.end()) {
    return Error{ErrorCode::Unavailable, "the engine is stopping"};
  }
  if (it->second.host) return it->second.host;
  return it->second.error;
}

void ModelPool::start_load(Slot& slot, const ModelEntry& entry) {
  slot.path = entry.path;
  slot.written = entry.written;
  slot.host.reset();
  slot.is_loading = true;
  if (slot.loader.joinable()) ended_loaders_.push_back(std::move(slot.loader));
  slot.loader = std::jthread([this, entry](const std::stop_token& stop) { run_load(entry, stop); });
}

Result<std::shared_ptr<ModelHost>> ModelPool::load_host(const ModelEntry& entry,
                                                        const std::stop_token& stop) {
  if (entry.status.size_bytes > platform::memory_available_bytes()) {
    return Error{ErrorCode::NoSpace, "the model needs " +
                                         std::to_string(entry.status.size_bytes >> 20) +
                                         " MiB of memory and less is free; unload another model"};
  }
  std::string why;
  std::shared_ptr<gpu::Device> device = gpu::make_device(options_.device, options_.threads, &why);
  if (!device) return Error{ErrorCode::InvalidArgument, "device " + options_.device + ": " + why};
  try {
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
  auto host = load_host(entry, stop);
  {
    const std::lock_guard lock(mutex_);
    const auto it = slots_.find(entry.status.id);
    if (is_closed_ || it == slots_.end()) return;
    it->second.is_loading = false;
    if (host)
      it->second.host = std::move(*host);
    else
      it->second.error = host.error();
  }
  loaded_.notify_all();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  log_info("server", host ? "a model was loaded in " + std::to_string(took.count()) + " s"
                          : "a model could not be loaded: " + host.error().message);
  on_change_(entry.status.id);
}

Status ModelPool::unload(const std::string& id) {
  Slot slot;  // its loader has ended; its host is released after the lock
  {
    const std::lock_guard lock(mutex_);
    const auto it = slots_.find(id);
    if (it == slots_.end()) return {};
    if (it->second.is_loading) return Error{ErrorCode::Conflict, "the model is still loading"};
    slot = std::move(it->second);
    slots_.erase(it);
  }
  slot = Slot{};
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
