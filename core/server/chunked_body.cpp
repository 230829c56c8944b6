// SPDX-License-Identifier: Apache-2.0
#include "core/server/chunked_body.h"

#include <algorithm>
#include <charconv>

namespace greylag {
namespace {

constexpr size_t kSizeDigits = 16;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

bool is_token_char(char c) {
  const bool is_alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

ChunkedBody::Progress ChunkedBody::take(std::string_view& bytes, std::string& body,
                                        uint64_t body_limit) {
  while (!bytes.empty()) {
    if (part_ == Part::Data) {
      const size_t count = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
      body.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) part_ = Part::DataEnd;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (has_cr_) {
      if (c != '\n') return Progress::Malformed;
      has_cr_ = false;
      const Progress progress = end_line(body.size(), body_limit);
      line_.clear();
      if (progress != Progress::NeedsMore) return progress;
    } else if (c == '\r') {
      has_cr_ = true;
    } else if (is_control(c) || part_ == Part::DataEnd) {
      return Progress::Malformed;
    } else {
      line_ += c;
      if (line_.size() > kOverheadLine) return Progress::TooLarge;
    }
  }
  return Progress::NeedsMore;
}

ChunkedBody::Progress ChunkedBody::end_line(uint64_t body_size, uint64_t body_limit) {
  switch (part_) {
    case Part::SizeLine:
      if (!read_size()) return Progress::Malformed;
      if (extension_ > kExtensionBytes) return Progress::TooLarge;
      if (left_ > body_limit || body_size > body_limit - left_) return Progress::TooLarge;
      part_ = left_ > 0 ? Part::Data : Part::Trailer;
      return Progress::NeedsMore;
    case Part::DataEnd:
      part_ = Part::SizeLine;
      return Progress::NeedsMore;
    case Part::Trailer:
      if (line_.empty()) return Progress::Done;
      trailer_ += line_.size();
      if (trailer_ > kTrailerBytes) return Progress::TooLarge;
      return is_trailer_field() ? Progress::NeedsMore : Progress::Malformed;
    case Part::Data:
      break;
  }
  return Progress::Malformed;
}

// chunk-size [BWS ";" …]; extensions mean nothing to us, and may hold any visible text.
bool ChunkedBody::read_size() {
  size_t digits = 0;
  while (digits < line_.size() && std::isxdigit(static_cast<unsigned char>(line_[digits])) != 0) {
    ++digits;
  }
  const size_t rest = line_.find_first_not_of(" \t", digits);
  if (digits == 0 || digits > kSizeDigits) return false;
  if (rest == std::string::npos ? digits != line_.size() : line_[rest] != ';') return false;
  extension_ += line_.size() - digits;
  std::from_chars(line_.data(), line_.data() + digits, left_, 16);
  return true;
}

bool ChunkedBody::is_trailer_field() const {
  const size_t colon = line_.find(':');
  return colon != 0 && colon != std::string::npos &&
         std::all_of(line_.begin(), line_.begin() + static_cast<ptrdiff_t>(colon), is_token_char);
}

}  // namespace greylag
