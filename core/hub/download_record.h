// SPDX-License-Identifier: Apache-2.0
// What must survive a kill so that a download can go on? A small JSON file per download in
// HOME/downloads; the bytes themselves are in the .part file beside the target.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct DownloadRecord {
  std::string id;         // = file_name
  std::string name;       // shown
  std::string file_name;  // checked by check_file_name
  std::string url;
  std::string sha256;  // 64 lower-case hex digits
  std::filesystem::path target;
  uint64_t size_bytes = 0;  // 0 = not known yet
  std::string etag;         // of the bytes in the part file
  bool is_paused = false;

  std::filesystem::path part() const;
};

Status save_record(const std::filesystem::path& folder, const DownloadRecord& record);
void remove_record(const std::filesystem::path& folder, const DownloadRecord& record);
// Damaged records are skipped with a warning.
std::vector<DownloadRecord> load_records(const std::filesystem::path& folder);

}  // namespace greylag
