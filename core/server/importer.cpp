// SPDX-License-Identifier: Apache-2.0
#include "core/server/importer.h"

#include <chrono>

#include "core/base/file.h"

namespace greylag {
namespace {
constexpr std::chrono::milliseconds kShowEvery{250};
}  // namespace

Importer::Importer(const Home& home, std::function<void(const protocol::ImportStatus&)> on_change)
    : home_(home), on_change_(std::move(on_change)) {}

Result<protocol::ImportStatus> Importer::start(const protocol::PathRequest& request) {
  const auto target = plan_import(home_, path_from_utf8(request.path), request.kind);
  if (!target) return target.error();
  protocol::ImportStatus status;
  status.path = request.path;
  status.state = "running";
  status.bytes_total = target->size_bytes;
  const std::lock_guard lock(mutex_);
  if (targets_.contains(target->path)) {
    return Error{ErrorCode::Conflict, "this file is being imported already"};
  }
  const auto job = jobs_.submit([this, status, target = *target](const std::stop_token& stop) {
    copy(status, target, stop);
  });
  if (!job) return job.error();
  targets_.insert(target->path);
  return status;
}

void Importer::copy(protocol::ImportStatus status, const ImportTarget& target,
                    const std::stop_token& stop) {
  auto shown = std::chrono::steady_clock::now();
  const Status copied =
      copy_file_atomic(path_from_utf8(status.path), target.path, [&](uint64_t done, uint64_t) {
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
  {
    const std::lock_guard lock(mutex_);
    targets_.erase(target.path);
  }
  on_change_(status);
}

}  // namespace greylag
