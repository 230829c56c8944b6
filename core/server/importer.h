// SPDX-License-Identifier: Apache-2.0
// Copies users' files into HOME in the background, one after the other; progress goes out as
// `import` events.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/import_file.h"
#include "core/protocol/engine.h"
#include "core/server/job_runner.h"

namespace greylag {

// Any thread.
class Importer {
 public:
  // on_change: without a lock, at most four times a second per import, and at its end.
  Importer(const Home& home, std::function<void(const protocol::ImportStatus&)> on_change);
  // Looks at the file at once (errors of plan_import), then copies. Conflict when the same file is
  // being imported; TooManyRequests; Unavailable: there is no thread.
  Result<protocol::ImportStatus> start(const protocol::PathRequest& request);
  // Cancels; half-copied files vanish. As the destructor, but does not wait.
  void request_stop() { jobs_.request_stop(); }

 private:
  void copy(protocol::ImportStatus status, const ImportTarget& target, const std::stop_token& stop);

  const Home& home_;
  const std::function<void(const protocol::ImportStatus&)> on_change_;
  std::mutex planning_;                                // one plan at a time
  std::mutex mutex_;                                   // guards running_
  std::vector<ImportTarget> running_;                  // or waiting
  JobRunner jobs_{{.threads = 1, .queue_limit = 64}};  // last: ends first
};

}  // namespace greylag
