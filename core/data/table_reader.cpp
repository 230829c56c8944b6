// SPDX-License-Identifier: Apache-2.0
#include "core/data/table_reader.h"

#include "core/data/line_reader.h"

namespace greylag {

void TableReader::append(std::string& field, int byte) {
  if (++size_ <= kLongestRow) {
    field += static_cast<char>(byte);
  } else {
    problem_ = "longer than 16 MiB; a double quote may not be closed";
  }
}

// Behind the first quote, up to the one that closes it. \r\n becomes \n.
void TableReader::read_quoted(std::string& field) {
  for (;;) {
    const int byte = bytes_.next();
    if (byte == ByteReader::kEnd) {
      problem_ = "a double quote is never closed: the rest of the file is inside it";
      return;
    }
    if (byte == '"') {
      if (bytes_.peek() != '"') return;
      bytes_.next();
    }
    if (byte == '\r' && bytes_.peek() == '\n') continue;
    append(field, byte);
  }
}

bool TableReader::read_field(std::string& field) {
  field.clear();
  const bool is_quoted = bytes_.peek() == '"';
  if (is_quoted) {
    bytes_.next();
    read_quoted(field);
  }
  for (;;) {
    int byte = bytes_.next();
    if (byte == '\r' && (bytes_.peek() == '\n' || bytes_.peek() == ByteReader::kEnd)) {
      byte = bytes_.next();
    }
    if (byte == delimiter_) return true;
    if (byte == '\n' || byte == ByteReader::kEnd) return false;
    if (is_quoted && problem_.empty()) problem_ = "a field goes on behind the quote that closes it";
    append(field, byte);
  }
}

bool TableReader::next(std::vector<std::string>& fields) {
  do {
    fields.clear();
    problem_.clear();
    size_ = 0;
    line_ = bytes_.line();
    if (bytes_.peek() == ByteReader::kEnd) return false;
    while (read_field(fields.emplace_back())) continue;
  } while (fields.size() == 1 && fields[0].empty() && problem_.empty());
  return true;
}

}  // namespace greylag
