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
  std::vector<std::string> mirrors;  // other hosts of the same file
  std::string sha256;                // 64 lower-case hex digits; empty until the host states it
  bool is_hash_stated = false;       // sha256 is the host's word
  std::filesystem::path target;
  uint64_t size_bytes = 0;  // 0 = not known yet
  std::string etag;         // of the bytes in the part file
  bool is_paused = false;

  std::filesystem::path part() const;
  // The first mirror becomes the url, the url the last mirror.
  void take_next_host();
  // As DownloadStatus has it.
  const char* verification() const {
    return sha256.empty() ? "" : is_hash_stated ? "host" : "pinned";
  }
};

Status save_record(const std::filesystem::path& folder, const DownloadRecord& record);
void remove_record(const std::filesystem::path& folder, const DownloadRecord& record);
// Damaged records are skipped with a warning.
std::vector<DownloadRecord> load_records(const std::filesystem::path& folder);

}  // namespace greylag
