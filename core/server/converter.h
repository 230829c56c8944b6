// SPDX-License-Identifier: Apache-2.0
// Converts a model of the library into another file of HOME/models in the background, one at a
// time; progress goes out as `conversion` events. What a stopped conversion has written stays, and
// the same conversion goes on from there.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/model_library.h"
#include "core/protocol/engine.h"

namespace greylag {

// Any thread.
class Converter {
 public:
  // on_change: without a lock, at most four times a second, and at the end.
  Converter(const Home& home, std::function<void(const protocol::ConversionStatus&)> on_change);
  // Stops; what is written stays for the next time.
  ~Converter();

  // Conflict while another conversion runs, or when a model of that name exists; InvalidArgument
  // for a name or type that is not allowed; Unavailable: there is no thread.
  Result<protocol::ConversionStatus> start(const ModelEntry& model,
                                           const protocol::ConvertRequest& request);
  // NotFound when no conversion runs.
  Status cancel();
  // As the destructor, but does not wait.
  void request_stop();
  // The one that runs, or the last one; none before the first.
  std::optional<protocol::ConversionStatus> status() const;

 private:
  struct Task;
  void run(const Task& task, const std::stop_token& stop);
  void show(const protocol::ConversionStatus& status);

  const Home& home_;
  const std::function<void(const protocol::ConversionStatus&)> on_change_;
  mutable std::mutex mutex_;  // guards status_
  std::optional<protocol::ConversionStatus> status_;
  std::mutex start_mutex_;  // guards thread_
  std::jthread thread_;
};

}  // namespace greylag
