// SPDX-License-Identifier: Apache-2.0
#include "core/server/event_hub.h"

#include <utility>

#include "core/server/sse.h"

namespace greylag {

void EventHub::subscribe(const std::shared_ptr<Exchange>& exchange, const std::string& first) {
  {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(exchange);
  }
  exchange->begin_stream();
  exchange->send(first);
  exchange->on_close([this, listener = exchange.get()] { remove(listener); });
}

bool EventHub::has_listeners() const {
  const std::lock_guard lock(mutex_);
  return !listeners_.empty();
}

void EventHub::send(const char* type, const std::string& json) {
  const std::string message = sse_event(type, json);
  std::vector<std::shared_ptr<Exchange>> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const auto& listener : listeners) listener->send(message);
}

void EventHub::remove(const Exchange* exchange) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const auto& listener) { return listener.get() == exchange; });
}

void EventHub::close() {
  std::vector<std::shared_ptr<Exchange>> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = std::exchange(listeners_, {});
  }
  for (const auto& listener : listeners) listener->finish();
}

}  // namespace greylag
