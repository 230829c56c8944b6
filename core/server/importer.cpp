// SPDX-License-Identifier: Apache-2.0
#include "core/server/importer.h"

#include <algorithm>
#include <chrono>

#include "core/base/file.h"
#include "core/hub/import_file.h"

namespace greylag {
namespace {
constexpr std::chrono::milliseconds kShowEvery{250};
}  // namespace

Importer::Importer(const Home& home, std::function<void(const protocol::ImportStatus&)> on_change)
    : home_(home), on_change_(std::move(on_change)) {}

Importer::~Importer() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks = std::move(tasks_);
  }
}  // the threads stop and join here

Result<protocol::ImportStatus> Importer::start(const protocol::PathRequest& request) {
  const auto file = path_from_utf8(request.path);
  const auto target = plan_import(home_, file, request.kind);
  if (!target) return target.error();
  protocol::ImportStatus status;
  status.path = request.path;
  status.state = "running";
  status.bytes_total = target->size_bytes;
  const std::string key = path_to_utf8(target->path);
  const std::lock_guard lock(mutex_);
  for (auto it = tasks_.begin(); it != tasks_.end();) {
    if (!it->is_done && it->target == key) {
      return Error{ErrorCode::Conflict, "this file is being imported already"};
    }
    if (it->is_done) {
      it = tasks_.erase(it);
    } else {
      ++it;
    }
  }
  tasks_.push_back({key, false, {}});
  tasks_.back().thread = std::jthread(
      [this, file, target = *target, status, key](const std::stop_token& stop) mutable {
        auto shown = std::chrono::steady_clock::now();
        const Status copied = copy_file_atomic(file, target.path, [&](uint64_t done, uint64_t) {
          status.bytes_done = done;
          if (std::chrono::steady_clock::now() - shown >= kShowEvery) {
            shown = std::chrono::steady_clock::now();
            on_change_(status);
          }
          return !stop.stop_requested();
        });
        status.state = copied.ok() ? "done" : "failed";
        if (copied.ok())
          status.id = target.id;
        else
          status.error = copied.error().message;
        on_change_(status);
        const std::lock_guard done(mutex_);
        for (Task& task : tasks_) task.is_done |= task.target == key;
      });
  return status;
}

}  // namespace greylag
