// SPDX-License-Identifier: Apache-2.0
// One try at finishing a download: resume with Range and If-Range, believe nothing the server says
// about ranges without checking, and rename only when the hash is right.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "core/base/result.h"
#include "core/hub/download_record.h"
#include "core/hub/part_file.h"

namespace greylag {

struct AttemptHooks {
  std::function<bool()> should_stop;
  std::function<void(uint64_t done, uint64_t total)> on_progress;  // total 0 = unknown
  std::function<void()> on_verifying;
  std::function<Status(const DownloadRecord&)> save;  // etag or size became known
};

// Ok: record.target exists and is right. Unavailable: worth another try (the part file holds what
// is good). Everything else is final: BadFile (hash), NoSpace, Forbidden, NotFound, Cancelled …
// part: empty before the first try, then the open part file with the hash of what it holds; it is
// opened, and its bytes hashed, again only when it is empty or the file is no longer as it was
// left.
Status attempt_download(DownloadRecord& record, std::optional<PartFile>& part,
                        std::chrono::milliseconds stall_time, const AttemptHooks& hooks);

}  // namespace greylag
