// SPDX-License-Identifier: Apache-2.0
// Loading: all windows of the usable rows, split into training and validation.
#include "core/data/dataset.h"

#include <algorithm>
#include <optional>

#include "core/base/file.h"
#include "core/data/scan.h"
#include "core/data/split.h"
#include "core/data/windows.h"

namespace greylag {
namespace {

constexpr size_t kMostErrors = 1000;

}  // namespace

Result<Dataset> load_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                             const DatasetOptions& options) {
  Dataset dataset;
  std::vector<SplitUnit> units;
  std::vector<Sample> document;  // windows of the one that is being read
  WindowCutter cutter(std::max<int64_t>(options.context, 1), document);
  std::optional<DataError> refusal;
  ScanHandlers handlers;
  handlers.on_error = [&](const DataError& error) {
    if (dataset.errors.size() < kMostErrors) dataset.errors.push_back(error);
    if (error.is_fatal && !options.is_skipping_bad_rows) refusal = error;
    return !refusal;
  };
  handlers.on_row = [&](const ScannedRow& row) {
    dataset.tokens += static_cast<int64_t>(row.sample.tokens.size());
    if (row.is_text) {
      add_text(cutter, row.sample, tokenizer);
    } else {
      document = cut_windows(row.sample, options.context);
    }
    if (!row.ends_document) return;
    cutter.finish();
    if (!document.empty()) units.push_back({std::move(document), row.identity});
    document = {};
  };
  const auto end = scan_file(path, tokenizer, options.context, handlers);
  if (!end) return end.error();
  const std::string name = path_to_utf8(path.filename());
  if (refusal) {
    return Error{ErrorCode::BadFile,
                 name + ", line " + std::to_string(refusal->line) + ": " + refusal->message};
  }
  if (units.empty()) {
    std::string message = name + ": nothing in the file can be learned from";
    for (const std::string& sentence : describe_problems(end->problems, end->rows)) {
      message += "; " + sentence;
    }
    return Error{ErrorCode::BadFile, std::move(message)};
  }
  dataset.rows = end->rows;
  dataset.usable_rows = end->usable_rows;
  dataset.problems = end->problems;
  dataset.sha256 = end->sha256;
  split_units(std::move(units), end->kind == FileKind::Text, options, dataset);
  dataset.learned_tokens = count_learned(dataset.train) + count_learned(dataset.validation);
  return dataset;
}

}  // namespace greylag
