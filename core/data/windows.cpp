// SPDX-License-Identifier: Apache-2.0
// Cutting documents into windows.
#include "core/data/windows.h"

#include <algorithm>
#include <utility>

namespace greylag {

void WindowCutter::add(int32_t token, bool is_learned, int64_t line) {
  if (open_.tokens.empty()) {
    open_.line = line;
    is_learned = false;  // nothing stands before it
  }
  open_.tokens.push_back(token);
  open_.learned.push_back(is_learned ? 1 : 0);
  has_target_ = has_target_ || is_learned;
  if (open_.tokens.size() < size_) return;
  flush();
  open_.tokens.push_back(token);
  open_.learned.push_back(0);
  open_.line = line;
}

void WindowCutter::finish() { flush(); }

void WindowCutter::flush() {
  if (has_target_) windows_.push_back(std::move(open_));
  open_ = {};
  has_target_ = false;
}

void add_text(WindowCutter& cutter, const Sample& piece, const Tokenizer& tokenizer) {
  int64_t line = piece.line;
  for (size_t i = 0; i < piece.tokens.size(); ++i) {
    const std::string_view bytes = tokenizer.bytes(piece.tokens[i]);
    cutter.add(piece.tokens[i], piece.learned[i] != 0, line);
    line += std::count(bytes.begin(), bytes.end(), '\n');
  }
}

std::vector<Sample> cut_windows(const Sample& sample, int64_t context) {
  std::vector<Sample> windows;
  WindowCutter cutter(context, windows);
  for (size_t i = 0; i < sample.tokens.size(); ++i) {
    cutter.add(sample.tokens[i], sample.learned[i] != 0, sample.line);
  }
  cutter.finish();
  return windows;
}

int64_t count_learned(const std::vector<Sample>& windows) {
  int64_t count = 0;
  for (const Sample& window : windows) {
    count += std::count(window.learned.begin(), window.learned.end(), uint8_t{1});
  }
  return count;
}

}  // namespace greylag
