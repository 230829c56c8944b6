// SPDX-License-Identifier: Apache-2.0
// How is a long document cut for training? Into windows of context + 1 tokens that share one token,
// so that each token but the first is a target exactly once.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/dataset.h"

namespace greylag {

// One document at a time. Windows in which nothing is learned are dropped.
class WindowCutter {
 public:
  // context >= 1. Finished windows are appended to `windows`, which must outlive the cutter.
  WindowCutter(int64_t context, std::vector<Sample>& windows)
      : size_(static_cast<size_t>(context) + 1), windows_(windows) {}
  // line: where the token stands in the file.
  void add(int32_t token, bool is_learned, int64_t line);
  // The document's end.
  void finish();

 private:
  void flush();

  size_t size_;
  std::vector<Sample>& windows_;
  Sample open_;
  bool has_target_ = false;
};

// Adds a piece of plain text and follows its lines.
void add_text(WindowCutter& cutter, const Sample& piece, const Tokenizer& tokenizer);

// The windows of one JSONL row.
std::vector<Sample> cut_windows(const Sample& sample, int64_t context);

// Number of targets.
int64_t count_learned(const std::vector<Sample>& windows);

}  // namespace greylag
