// SPDX-License-Identifier: Apache-2.0
// {"PATH": {"size_bytes": N, "written": N, "sha256": "..."}}; written in ticks of the file clock,
// which mean the same to the same program alone: a hash of another one is not found.
#include "core/hub/known_hashes.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/base/file.h"
#include "core/base/log.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMostBytes = 4 << 20;
// Of the coarsest clock of a file system: a file written so shortly ago may change and keep its
// time, so its hash is not kept beyond this process.
constexpr std::chrono::seconds kSettled{2};

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

KnownHashes::KnownHashes(fs::path file) : file_(std::move(file)) {
  const auto text = read_text_file(file_, kMostBytes);
  if (!text) return;
  const json all = json::parse(*text, nullptr, false);
  if (!all.is_object()) return;
  for (const auto& [path, entry] : all.items()) {
    if (!entry.is_object()) continue;
    const auto size = entry.find("size_bytes"), written = entry.find("written");
    const auto hash = entry.find("sha256");
    if (size == entry.end() || written == entry.end() || hash == entry.end()) continue;
    if (!size->is_number_unsigned() || !written->is_number_integer() || !hash->is_string())
      continue;
    const auto ticks = fs::file_time_type::duration(written->get<int64_t>());
    if (!is_sha256(*hash)) continue;
    known_[path_from_utf8(path)] = {{size->get<uintmax_t>(), fs::file_time_type(ticks)}, *hash};
  }
}

std::optional<std::string> KnownHashes::find(const fs::path& path, const Stamp& stamp) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(path);
  if (found == known_.end() || found->second.stamp != stamp) return std::nullopt;
  return found->second.sha256;
}

void KnownHashes::put(const fs::path& path, const Stamp& stamp, const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  known_[path] = {stamp, sha256};
  std::erase_if(known_, [](const auto& item) {
    std::error_code failed;
    return !fs::exists(item.first, failed);
  });
  write();
}

// Under the lock.
void KnownHashes::write() const {
  json all = json::object();
  const auto now = fs::file_time_type::clock::now();
  for (const auto& [path, known] : known_) {
    if (now - known.stamp.written < kSettled) continue;
    all[path_to_utf8(path)] = {{"size_bytes", known.stamp.size_bytes},
                               {"written", known.stamp.written.time_since_epoch().count()},
                               {"sha256", known.sha256}};
  }
  const Status written = write_file_atomic(file_, all.dump(1) + "\n", true);
  if (!written) log_warn("hub", "hashes are not kept: " + written.error().message);
}

}  // namespace greylag
