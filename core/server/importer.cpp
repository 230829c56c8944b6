// SPDX-License-Identifier: Apache-2.0
#include "core/server/importer.h"

#include <algorithm>
#include <chrono>

#include "core/base/file.h"

namespace greylag {
namespace {
namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kShowEvery{250};
}  // namespace

Importer::Importer(const Home& home, std::function<void(const protocol::ImportStatus&)> on_change)
    : home_(home), on_change_(std::move(on_change)) {}

Result<protocol::ImportStatus> Importer::start(const protocol::PathRequest& request) {
  const fs::path source = path_from_utf8(request.path);
  const auto is_reserved = [&](const fs::path& path) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(running_, [&](const ImportTarget& one) { return one.path == path; });
  };
  const std::lock_guard planning(planning_);  // a name is free until it is taken below
  const auto target = plan_import(home_, source, request.kind, is_reserved);
  if (!target) return target.error();
  protocol::ImportStatus status;
  status.path = request.path;
  status.state = "running";
  status.bytes_total = target->size_bytes;
  const std::lock_guard lock(mutex_);
  if (std::ranges::any_of(running_,
                          [&](const ImportTarget& one) { return one.source == target->source; })) {
    return Error{ErrorCode::Conflict, "this file is being imported already"};
  }
  const auto job = jobs_.submit([this, status, target = *target](const std::stop_token& stop) {
    copy(status, target, stop);
  });
  if (!job) return job.error();
  running_.push_back(*target);
  return status;
}

void Importer::copy(protocol::ImportStatus status, const ImportTarget& target,
                    const std::stop_token& stop) {
  auto shown = std::chrono::steady_clock::now();
  const Result<std::string> imported = run_import(target, [&](uint64_t done, uint64_t) {
    status.bytes_done = done;
    if (std::chrono::steady_clock::now() - shown >= kShowEvery) {
      shown = std::chrono::steady_clock::now();
      on_change_(status);
    }
    return !stop.stop_requested();
  });
  status.state = imported ? "done" : "failed";
  if (imported)
    status.id = *imported;
  else
    status.error = imported.error().message;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const ImportTarget& one) { return one.path == target.path; });
  }
  on_change_(status);
}

}  // namespace greylag
