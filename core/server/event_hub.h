// SPDX-License-Identifier: Apache-2.0
// Who hears what happens? Every open GET /engine/events gets every event, as one SSE message each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/protocol/codec.h"
#include "core/server/http_message.h"

namespace greylag {

// Any thread.
class EventHub {
 public:
  // Begins the stream with `snapshot` (whole SSE messages): how things are, asked for when the
  // listener is there already, so that every change since reaches it as an event, after it.
  void subscribe(const std::shared_ptr<Exchange>& exchange,
                 const std::function<std::string()>& snapshot);
  template <typename T>
  void publish(const char* type, const T& value) {
    if (has_listeners()) send(type, protocol::encode(value));
  }
  bool has_listeners() const;
  // Ends all streams, and those that come later; used when the engine stops.
  void close();

 private:
  void send(const char* type, const std::string& json);
  void remove(const Exchange* exchange);

  // Events are kept back while the snapshot is on its way.
  struct Listener {
    std::shared_ptr<Exchange> exchange;
    bool is_held = true;
    std::string held;
  };
  Listener* find(const Exchange* exchange);
  bool release(const Exchange* exchange, std::string& held);

  mutable std::mutex mutex_;  // guards what follows; no exchange is called or freed under it
  std::vector<Listener> listeners_;
  bool is_closed_ = false;
};

}  // namespace greylag
