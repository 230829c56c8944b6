// SPDX-License-Identifier: Apache-2.0
// Loading: all windows of the usable rows, split into training and validation.
#include "core/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/data/scan.h"
#include "core/data/windows.h"

namespace greylag {
namespace {

constexpr size_t kMostErrors = 1000;
constexpr uint64_t kSplitStream = 0x53504C4954;  // "SPLIT"

// Of `count` rows or windows; one at least, if any are wanted and two are there.
size_t validation_count(size_t count, double share) {
  if (count < 2 || !(share > 0)) return 0;
  const double wanted = std::round(static_cast<double>(count) * std::min(share, 1.0));
  return std::clamp<size_t>(static_cast<size_t>(wanted), 1, count - 1);
}

void append(std::vector<Sample>& samples, std::vector<Sample>&& more) {
  samples.insert(samples.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

void split_rows(std::vector<std::vector<Sample>>&& rows, const DatasetOptions& options,
                Dataset& dataset) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  CounterRandom random(options.seed, kSplitStream);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  std::vector<bool> is_validation(rows.size());
  for (size_t i = 0; i < validation_count(rows.size(), options.validation_share); ++i) {
    is_validation[order[i]] = true;
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    append(is_validation[i] ? dataset.validation : dataset.train, std::move(rows[i]));
  }
}

void split_text(std::vector<Sample>&& windows, const DatasetOptions& options, Dataset& dataset) {
  const size_t tail = validation_count(windows.size(), options.validation_share);
  const auto border = windows.end() - static_cast<ptrdiff_t>(tail);
  dataset.validation.assign(std::make_move_iterator(border),
                            std::make_move_iterator(windows.end()));
  windows.erase(border, windows.end());
  dataset.train = std::move(windows);
}

}  // namespace

Result<Dataset> load_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                             const DatasetOptions& options) {
  Dataset dataset;
  std::vector<std::vector<Sample>> rows;  // windows of each
  std::vector<Sample> text;
  WindowCutter cutter(std::max<int64_t>(options.context, 1), text);
  std::optional<DataError> refusal;
  ScanHandlers handlers;
  handlers.on_error = [&](const DataError& error) {
    if (dataset.errors.size() < kMostErrors) dataset.errors.push_back(error);
    if (error.is_fatal && !options.is_skipping_bad_rows) refusal = error;
    return !refusal;
  };
  handlers.on_row = [&](const ScannedRow& row) {
    dataset.tokens += static_cast<int64_t>(row.sample.tokens.size());
    if (row.is_text) return add_text(cutter, row.sample, tokenizer);
    auto windows = cut_windows(row.sample, options.context);
    if (!windows.empty()) rows.push_back(std::move(windows));
  };
  const auto end = scan_file(path, tokenizer, options.context, handlers);
  if (!end) return end.error();
  cutter.finish();
  const std::string name = path_to_utf8(path.filename());
  if (refusal) {
    return Error{ErrorCode::BadFile,
                 name + ", line " + std::to_string(refusal->line) + ": " + refusal->message};
  }
  if (rows.empty() && text.empty()) {
    return Error{ErrorCode::BadFile, name + ": nothing in the file can be learned from"};
  }
  dataset.rows = end.value().rows;
  dataset.sha256 = end.value().sha256;
  split_rows(std::move(rows), options, dataset);
  if (end.value().is_text) split_text(std::move(text), options, dataset);
  dataset.learned_tokens = count_learned(dataset.train) + count_learned(dataset.validation);
  return dataset;
}

}  // namespace greylag
