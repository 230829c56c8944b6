// SPDX-License-Identifier: Apache-2.0
// One pass over a training file for the loader and the checker: rows, or pieces of plain text, each
// with its tokens; and every problem with its line.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/file_kind.h"

namespace greylag {

// A row, or a piece of plain text (whole lines, about 1 MiB).
struct ScannedRow {
  std::vector<PromptSpan> spans;
  Sample sample;         // ends with token 0, or as its labels say; a piece only where its
                         // document ends
  bool is_text = false;  // a piece of plain text
  bool ends_document = true;
  uint64_t identity = 0;  // equal for rows and documents that are equal; once it ends
};

struct ScanHandlers {
  std::function<bool(const DataError&)> on_error;  // false: stop the scan
  std::function<void(const ScannedRow&)> on_row;
};

struct ScanEnd {
  FileKind kind = FileKind::Text;
  bool is_stopped = false;
  int64_t rows = 0, usable_rows = 0;   // rows that are not blank; documents of plain text
  std::vector<ProblemCount> problems;  // of all rows
  std::string sha256;                  // empty when stopped
};

// Errors of BlockReader::open and of find_kind; Internal (read error); Cancelled once stop has
// fired. What is wrong inside goes to on_error.
Result<ScanEnd> scan_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                          int64_t context, const ScanHandlers& handlers,
                          const std::stop_token& stop = {});

}  // namespace greylag
