// SPDX-License-Identifier: Apache-2.0
#include "core/hub/download_attempt.h"

#include <fmt/format.h>

#include "core/base/platform.h"
#include "core/hub/http_fetch.h"
#include "core/hub/part_file.h"

namespace greylag {
namespace {

constexpr uint64_t kSpareBytes = 64ull << 20;

Error retry(const char* message) { return Error{ErrorCode::Unavailable, message}; }

// State of one attempt, shared by the callbacks of http_fetch.
struct Attempt {
  DownloadRecord& record;
  const AttemptHooks& hooks;
  PartFile& part;
  bool must_restart = false;  // the part file is not to be trusted
  bool is_complete = false;   // 416 said so

  Status distrust(const char* message) {
    must_restart = true;
    return retry(message);
  }

  // Without a pinned hash the host must state one, and the file must be of the size that was
  // published.
  Status take_stated_hash(const FetchHead& head) {
    if (!record.sha256.empty()) return {};
    if (head.linked_sha256.empty()) {
      return Error{ErrorCode::InvalidArgument,
                   "the host states no SHA-256 for this file, so that nobody could tell a damaged "
                   "one from a good one; enter the hash that the page of the file shows"};
    }
    if (record.size_bytes != 0 && head.linked_size && *head.linked_size != record.size_bytes) {
      return Error{ErrorCode::BadFile,
                   fmt::format("the host offers another file under this name: {} bytes instead of "
                               "{}",
                               *head.linked_size, record.size_bytes)};
    }
    record.sha256 = head.linked_sha256;
    record.is_hash_stated = true;
    return hooks.save(record);
  }

  Status on_head(const FetchHead& head) {
    if (Status stated = take_stated_hash(head); !stated) return stated;
    if (head.status == 416) {
      if (part.size() == 0 || head.range_total != part.size()) {
        return distrust("the server does not know the range asked for");
      }
      is_complete = true;
      return {};
    }
    if (head.status == 206) return on_partial(head);
    return on_whole(head);
  }

  Status on_partial(const FetchHead& head) {
    const bool is_right = part.size() > 0 && head.range_first == part.size() && head.range_total &&
                          head.range_last == *head.range_total - 1;
    const bool is_same = record.size_bytes == 0 || head.range_total == record.size_bytes;
    const bool is_same_etag = head.etag.empty() || record.etag.empty() || head.etag == record.etag;
    if (!is_right || !is_same || !is_same_etag) {
      return distrust("the server sent another range than asked for");
    }
    record.size_bytes = *head.range_total;
    return check_space();
  }

  Status on_whole(const FetchHead& head) {
    if (part.size() > 0) {
      if (Status restarted = part.restart(); !restarted) return restarted;
    }
    const bool has_other_size =
        record.size_bytes != 0 && head.content_length && *head.content_length != record.size_bytes;
    if (has_other_size && head.etag == record.etag && !head.etag.empty()) {
      return retry("the server announced a wrong length");
    }
    record.etag = head.etag;
    if (head.content_length) record.size_bytes = *head.content_length;
    if (Status saved = hooks.save(record); !saved) return saved;
    return check_space();
  }

  Status check_space() {
    const uint64_t left = record.size_bytes > part.size() ? record.size_bytes - part.size() : 0;
    const uint64_t free = platform::disk_free_bytes(record.target.parent_path());
    if (left + kSpareBytes <= free) return {};
    return Error{
        ErrorCode::NoSpace,
        "the disk has too little free space: " + std::to_string((left + kSpareBytes) >> 20) +
            " MiB are needed, " + std::to_string(free >> 20) + " MiB are free"};
  }

  Status on_body(std::span<const std::byte> bytes) {
    if (record.size_bytes != 0 && part.size() + bytes.size() > record.size_bytes) {
      return distrust("the server sent more bytes than announced");
    }
    if (Status written = part.append(bytes); !written) return written;
    hooks.on_progress(part.size(), record.size_bytes);
    return {};
  }
};

// Weak ETags do not promise equal bytes, so they are no use for If-Range.
std::string strong_etag(const std::string& etag) { return etag.starts_with("W/") ? "" : etag; }

Status fetch_rest(Attempt& attempt, std::chrono::milliseconds stall_time) {
  DownloadRecord& record = attempt.record;
  FetchRequest request;
  request.url = record.url;
  request.from = attempt.part.size();
  request.if_range = strong_etag(record.etag);
  request.stall_time = stall_time;
  FetchSink sink;
  sink.on_head = [&](const FetchHead& head) { return attempt.on_head(head); };
  sink.on_body = [&](std::span<const std::byte> bytes) { return attempt.on_body(bytes); };
  sink.should_stop = attempt.hooks.should_stop;
  const Status fetched = http_fetch(request, sink);
  if (attempt.must_restart) {
    record.etag.clear();
    if (Status restarted = attempt.part.restart(); !restarted) return restarted;
    attempt.hooks.on_progress(0, record.size_bytes);
  }
  return fetched;
}

}  // namespace

Status attempt_download(DownloadRecord& record, std::optional<PartFile>& part,
                        std::chrono::milliseconds stall_time, const AttemptHooks& hooks) {
  if (part && !part->is_as_left()) part.reset();
  if (!part) {
    auto opened = PartFile::open(record.part(), hooks.should_stop);
    if (!opened) return opened.error();
    part = std::move(*opened);
  }
  Attempt attempt{record, hooks, *part};
  if (record.size_bytes != 0 && part->size() > record.size_bytes) {
    if (Status restarted = part->restart(); !restarted) return restarted;
  }
  const bool has_all = record.size_bytes != 0 && part->size() == record.size_bytes;
  if (!has_all) {
    if (Status fetched = fetch_rest(attempt, stall_time); !fetched) return fetched;
    if (record.size_bytes != 0 && part->size() != record.size_bytes) {
      return retry("the connection ended early");
    }
  }
  if (!part->is_as_left()) return retry("another program changed the unfinished file");
  hooks.on_verifying();
  const Status committed = part->commit(record.target, record.sha256);
  part.reset();
  if (!committed) record.etag.clear();
  return committed;
}

}  // namespace greylag
