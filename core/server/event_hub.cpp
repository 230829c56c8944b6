// SPDX-License-Identifier: Apache-2.0
#include "core/server/event_hub.h"

#include <algorithm>
#include <utility>

#include "core/server/sse.h"

namespace greylag {

EventHub::Listener* EventHub::find(const Exchange* exchange) {
  const auto found = std::ranges::find(
      listeners_, exchange, [](const Listener& listener) { return listener.exchange.get(); });
  return found == listeners_.end() ? nullptr : &*found;
}

void EventHub::subscribe(const std::shared_ptr<Exchange>& exchange,
                         const std::function<std::string()>& snapshot) {
  exchange->begin_stream();
  bool is_closed = false;
  {
    const std::lock_guard lock(mutex_);
    is_closed = is_closed_;
    if (!is_closed) listeners_.push_back({exchange, true, {}});
  }
  if (is_closed) return exchange->finish();
  exchange->on_close([this, listener = exchange.get()] { remove(listener); });
  exchange->send(snapshot());
  for (std::string held; release(exchange.get(), held);) exchange->send(std::move(held));
}

// True: these events were kept back. False: from here on they go out at once, or nobody listens.
bool EventHub::release(const Exchange* exchange, std::string& held) {
  const std::lock_guard lock(mutex_);
  Listener* listener = find(exchange);
  if (listener == nullptr) return false;
  held = std::exchange(listener->held, {});
  listener->is_held = !held.empty();
  return listener->is_held;
}

bool EventHub::has_listeners() const {
  const std::lock_guard lock(mutex_);
  return !listeners_.empty();
}

void EventHub::send(const char* type, const std::string& json) {
  const std::string message = sse_event(type, json);
  std::vector<std::shared_ptr<Exchange>> ready;
  {
    const std::lock_guard lock(mutex_);
    for (Listener& listener : listeners_) {
      if (listener.is_held) {
        listener.held += message;
      } else {
        ready.push_back(listener.exchange);
      }
    }
  }
  for (const auto& exchange : ready) exchange->send(message);
}

void EventHub::remove(const Exchange* exchange) {
  Listener removed;  // freed after the lock
  const std::lock_guard lock(mutex_);
  Listener* listener = find(exchange);
  if (listener == nullptr) return;
  removed = std::move(*listener);
  listeners_.erase(listeners_.begin() + (listener - listeners_.data()));
}

void EventHub::close() {
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    listeners = std::exchange(listeners_, {});
  }
  for (const Listener& listener : listeners) listener.exchange->finish();
}

}  // namespace greylag
