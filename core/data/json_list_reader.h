// SPDX-License-Identifier: Apache-2.0
// What are the entries of a file that is one JSON list, one at a time? They are found by brackets
// and quotes alone, so that a bad one does not end the file; their own JSON is for others to judge.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/block_reader.h"

namespace greylag {

// One thread.
class JsonListReader {
 public:
  // bytes: a file that begins with [. Must outlive it.
  explicit JsonListReader(ByteReader& bytes) : bytes_(bytes) {}
  // Next entry; false at the end of the file, or once it was stopped. An entry beyond kLongestRow
  // comes cut and is_too_long() says so.
  bool next(std::string& entry);
  int64_t line() const { return line_; }  // where the last entry, or the problem, begins
  bool is_too_long() const { return is_too_long_; }
  // What is wrong with the list between the entry before and this one: one sentence, else empty.
  // After the last entry: of the list's end.
  const std::string& problem() const { return problem_; }

 private:
  void skip_blanks();
  void read_entry(std::string& entry);
  void append(std::string& entry, int byte);

  ByteReader& bytes_;
  bool has_begun_ = false;
  bool has_ended_ = false;
  bool is_too_long_ = false;
  int64_t line_ = 1;
  std::string problem_;
};

}  // namespace greylag
