// SPDX-License-Identifier: Apache-2.0
// Who hears what happens? Every open GET /engine/events gets every event, as one SSE message each.
#pragma once

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
  // Begins the stream, sends `first` (whole SSE messages) and adds the listener.
  void subscribe(const std::shared_ptr<Exchange>& exchange, const std::string& first);
  template <typename T>
  void publish(const char* type, const T& value) {
    if (has_listeners()) send(type, protocol::encode(value));
  }
  bool has_listeners() const;
  // Ends all streams; used when the engine stops.
  void close();

 private:
  void send(const char* type, const std::string& json);
  void remove(const Exchange* exchange);

  mutable std::mutex mutex_;  // guards listeners_
  std::vector<std::shared_ptr<Exchange>> listeners_;
};

}  // namespace greylag
