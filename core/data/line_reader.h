// SPDX-License-Identifier: Apache-2.0
// What are the lines of a file, one at a time and never more than one in memory? A byte-order mark
// at a line's start (files are joined) and \r before \n are dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/data/block_reader.h"

namespace greylag {

// A line, a table's record or a list's entry has this many bytes at most.
inline constexpr size_t kLongestRow = 16u << 20;

// One thread.
class LineReader {
 public:
  // blocks must outlive it.
  explicit LineReader(BlockReader& blocks) : blocks_(blocks) {}
  // Next line without its end; false at the end of the file, or once it was stopped. A line beyond
  // kLongestRow comes cut and is_too_long() says so; the next call goes on behind it.
  bool next(std::string& line);
  int64_t number() const { return number_; }  // of the last line, from 1
  bool is_too_long() const { return is_too_long_; }
  // True when the last line ended with \n; the file's last one may not.
  bool has_line_end() const { return has_line_end_; }

 private:
  bool fill();

  BlockReader& blocks_;
  std::string_view unread_;
  int64_t number_ = 0;
  bool is_too_long_ = false;
  bool has_line_end_ = false;
};

}  // namespace greylag
