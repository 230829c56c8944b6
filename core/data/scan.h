// SPDX-License-Identifier: Apache-2.0
// One pass over a training file for the loader and the checker: rows of JSONL, or pieces of plain
// text, each with its tokens; and every problem with its line.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace greylag {

// A JSONL row, or a piece of plain text (whole lines, about 1 MiB).
struct ScannedRow {
  std::vector<PromptSpan> spans;
  Sample sample;  // JSONL: ends with token 0, or as its labels say. Plain text: only the last piece
                  // does.
  bool is_text = false;
};

struct ScanHandlers {
  std::function<bool(const DataError&)> on_error;  // false: stop the scan
  std::function<void(const ScannedRow&)> on_row;
};

struct ScanEnd {
  bool is_text = false;
  bool is_stopped = false;
  int64_t rows = 0;    // JSONL: not blank; plain text: 1
  std::string sha256;  // empty when stopped
};

// Errors of LineReader::open; Internal (read error); Cancelled once stop has fired. What is wrong
// inside goes to on_error.
Result<ScanEnd> scan_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          int64_t context, const ScanHandlers& handlers,
                          const std::stop_token& stop = {});

}  // namespace greylag
