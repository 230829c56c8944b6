// SPDX-License-Identifier: Apache-2.0
// What does a body in the chunked transfer coding hold (RFC 9112, section 7.1)? Bytes go in as they
// arrive, whatever their pieces, and are looked at once; every part is bounded, also those that
// nobody reads (extensions, trailers). Line ends are CRLF and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace greylag {

// The characters of methods and of header names (RFC 9110, section 5.6.2).
bool is_token_char(char c);

class ChunkedBody {
 public:
  enum class Progress { NeedsMore, Done, Malformed, TooLarge };

  // Of one body, beside its data: chunk sizes with their extensions, and the trailer section.
  static constexpr size_t kOverheadLine = 1024;         // bytes of one such line
  static constexpr size_t kExtensionBytes = 16 * 1024;  // of all extensions
  static constexpr size_t kTrailerBytes = 16 * 1024;    // of the trailer section

  // Takes bytes from the front of `bytes` and appends the data to `body`, which never grows beyond
  // body_limit. Stops at the end of the body: what is left in `bytes` belongs to the next request.
  // After anything but NeedsMore it is not called again.
  Progress take(std::string_view& bytes, std::string& body, uint64_t body_limit);

 private:
  enum class Part { SizeLine, Data, DataEnd, Trailer };

  Progress end_line(uint64_t body_size, uint64_t body_limit);
  bool read_size();
  bool is_trailer_field() const;

  Part part_ = Part::SizeLine;
  std::string line_;     // of the part that is read, without its CR
  bool has_cr_ = false;  // the line's CR was seen, its LF must follow
  uint64_t left_ = 0;    // data bytes of this chunk still to come
  size_t extension_ = 0, trailer_ = 0;
};

}  // namespace greylag
