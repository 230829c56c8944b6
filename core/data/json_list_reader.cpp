// SPDX-License-Identifier: Apache-2.0
#include "core/data/json_list_reader.h"

#include "core/data/line_reader.h"

namespace greylag {
namespace {

bool is_blank(int byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

}  // namespace

void JsonListReader::skip_blanks() {
  while (is_blank(bytes_.peek())) bytes_.next();
}

void JsonListReader::append(std::string& entry, int byte) {
  if (entry.size() < kLongestRow) {
    entry += static_cast<char>(byte);
  } else {
    is_too_long_ = true;
  }
}

// Up to the bracket that closes the first, or for what has none, to the next comma or bracket.
void JsonListReader::read_entry(std::string& entry) {
  int64_t depth = 0;
  bool is_in_string = false;
  while (bytes_.peek() != ByteReader::kEnd) {
    const int byte = bytes_.peek();
    if (!is_in_string && depth == 0 && (byte == ',' || byte == ']')) return;
    append(entry, bytes_.next());
    if (is_in_string) {
      if (byte == '\\') append(entry, bytes_.next());
      if (byte == '"') is_in_string = false;
    } else if (byte == '"') {
      is_in_string = true;
    } else if (byte == '{' || byte == '[') {
      ++depth;
    } else if ((byte == '}' || byte == ']') && --depth <= 0) {
      return;
    }
  }
}

bool JsonListReader::next(std::string& entry) {
  entry.clear();
  problem_.clear();
  is_too_long_ = false;
  skip_blanks();
  const bool is_first = !has_begun_;
  if (is_first && bytes_.peek() == '[') bytes_.next();
  has_begun_ = true;
  skip_blanks();
  const bool has_comma = bytes_.peek() == ',';
  if (has_comma) bytes_.next();
  skip_blanks();
  line_ = bytes_.line();
  if (bytes_.peek() == ']' && !has_ended_) {
    bytes_.next();
    has_ended_ = true;
    skip_blanks();
    line_ = bytes_.line();
  }
  if (bytes_.peek() == ByteReader::kEnd) {
    if (!has_ended_) problem_ = "the list has no end: the file is cut off";
    return false;
  }
  if (has_ended_) {
    problem_ = "there is more behind the end of the list";
    while (bytes_.next() != ByteReader::kEnd) continue;
    return false;
  }
  if (is_first == has_comma) {
    problem_ = is_first ? "a comma stands before the first entry" : "a comma is missing before it";
  }
  read_entry(entry);
  while (!entry.empty() && is_blank(static_cast<unsigned char>(entry.back()))) entry.pop_back();
  return true;
}

}  // namespace greylag
