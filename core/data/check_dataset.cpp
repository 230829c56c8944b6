// SPDX-License-Identifier: Apache-2.0
// Checking: the same pass as loading, keeping counts, errors and a few samples.
#include <algorithm>
#include <bit>

#include "core/data/dataset.h"
#include "core/data/scan.h"
#include "core/data/windows.h"

namespace greylag {
namespace {

class Checker {
 public:
  Checker(const Tokenizer& tokenizer, const DatasetOptions& options, size_t max_samples)
      : tokenizer_(tokenizer),
        context_(options.context),
        max_samples_(max_samples),
        cutter_(std::max<int64_t>(options.context, 1), text_) {}

  void take(const ScannedRow& row) {
    report.tokens += static_cast<int64_t>(row.sample.tokens.size());
    if (row.is_text) {
      add_text(cutter_, row.sample, tokenizer_);
      if (row.ends_document) cutter_.finish();
      return take_windows();
    }
    report.learned_tokens += count_learned(cut_windows(row.sample, context_));
    count_length(row.sample.tokens.size());
    if (report.previews.size() < max_samples_) {
      report.previews.push_back({row.sample.line, row.spans});
    }
  }

  void finish(const ScanEnd& end) {
    report.kind = file_kind_name(end.kind);
    report.rows = end.rows;
    report.usable_rows = end.usable_rows;
    report.problems = end.problems;
  }

  DataReport report;

 private:
  void count_length(size_t tokens) {
    const auto bucket = static_cast<size_t>(std::bit_width(tokens / 32));
    if (report.histogram.size() <= bucket) report.histogram.resize(bucket + 1);
    ++report.histogram[bucket];
    report.longest = std::max(report.longest, static_cast<int64_t>(tokens));
  }

  // Plain text: windows that are finished.
  void take_windows() {
    report.learned_tokens += count_learned(text_);
    for (const Sample& window : text_) {
      count_length(window.tokens.size());
      if (report.previews.size() >= max_samples_) continue;
      Utf8Stream stream;
      std::string shown = stream.push(tokenizer_.decode(window.tokens));
      shown += stream.finish();
      report.previews.push_back({window.line, {{std::move(shown), true}}});
    }
    text_.clear();
  }

  const Tokenizer& tokenizer_;
  int64_t context_;
  size_t max_samples_;
  std::vector<Sample> text_;
  WindowCutter cutter_;
};

}  // namespace

Result<DataReport> check_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                 const DatasetOptions& options, size_t max_errors,
                                 size_t max_samples, const std::stop_token& stop) {
  Checker checker(tokenizer, options, max_samples);
  ScanHandlers handlers;
  handlers.on_error = [&](const DataError& error) {
    if (checker.report.errors.size() < max_errors) checker.report.errors.push_back(error);
    return true;
  };
  handlers.on_row = [&](const ScannedRow& row) { checker.take(row); };
  const auto end = scan_file(path, tokenizer, options.context, handlers, stop);
  if (!end) return end.error();
  checker.finish(end.value());
  return std::move(checker.report);
}

}  // namespace greylag
