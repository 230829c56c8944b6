// SPDX-License-Identifier: Apache-2.0
// What are the lines of a file, one at a time and never more than one in memory? A byte-order mark
// at the start and \r before \n are dropped. Hashes what it reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/sha256.h"

namespace greylag {

// One thread.
class LineReader {
 public:
  static constexpr size_t kLongestLine = 16u << 20;

  // Errors of check_regular_file; NotFound: it cannot be read.
  static Result<LineReader> open(const std::filesystem::path& path,
                                 const std::stop_token& stop = {});
  // Next line without its end; false at the end of the file, or once stop has fired. A line beyond
  // kLongestLine comes cut and is_too_long() says so; the next call goes on behind it.
  bool next(std::string& line);
  int64_t number() const { return number_; }  // of the last line, from 1
  bool is_too_long() const { return is_too_long_; }
  // True when the last line ended with \n; the file's last one may not.
  bool has_line_end() const { return has_line_end_; }
  // True when the file broke off with a read error.
  bool has_failed() const { return file_.bad(); }
  // SHA-256 of the file, after the last line. Call once.
  std::string sha256() { return hash_.hex(); }

 private:
  LineReader() = default;
  bool fill();

  std::ifstream file_;
  std::stop_token stop_;
  Sha256 hash_;
  std::vector<char> block_;
  std::string_view unread_;  // of block_
  int64_t number_ = 0;
  bool is_too_long_ = false;
  bool has_line_end_ = false;
};

}  // namespace greylag
