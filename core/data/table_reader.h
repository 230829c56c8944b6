// SPDX-License-Identifier: Apache-2.0
// What are the records of a table (RFC 4180, with any delimiter)? Fields in double quotes may hold
// delimiters, line breaks and doubled quotes. Never more than one record is in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/block_reader.h"

namespace greylag {

// One thread.
class TableReader {
 public:
  // bytes must outlive it.
  TableReader(ByteReader& bytes, char delimiter) : bytes_(bytes), delimiter_(delimiter) {}
  // Next record, blank lines left out; false at the end of the file, or once it was stopped. A
  // record beyond kLongestRow comes cut and problem() says so.
  bool next(std::vector<std::string>& fields);
  int64_t line() const { return line_; }  // where the last record begins, from 1
  // What is wrong with the last record: one sentence, else empty.
  const std::string& problem() const { return problem_; }

 private:
  bool read_field(std::string& field);  // false: the record ends with it
  void read_quoted(std::string& field);
  void append(std::string& field, int byte);

  ByteReader& bytes_;
  char delimiter_;
  int64_t line_ = 1;
  size_t size_ = 0;  // bytes of the record
  std::string problem_;
};

}  // namespace greylag
