// SPDX-License-Identifier: Apache-2.0
// Copies users' files into HOME in the background, one after the other; progress goes out as
// `import` events.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/protocol/engine.h"

namespace greylag {

// Any thread.
class Importer {
 public:
  // on_change: without a lock, at most four times a second per import, and at its end.
  Importer(const Home& home, std::function<void(const protocol::ImportStatus&)> on_change);
  // Cancels; half-copied files vanish.
  ~Importer();

  // Looks at the file at once (errors of plan_import), then copies. Conflict when the same file is
  // being imported.
  Result<protocol::ImportStatus> start(const protocol::PathRequest& request);

 private:
  struct Task {
    std::string target;
    bool is_done = false;
    std::jthread thread;
  };
  const Home& home_;
  const std::function<void(const protocol::ImportStatus&)> on_change_;
  std::mutex mutex_;  // guards tasks_
  std::vector<Task> tasks_;
};

}  // namespace greylag
