// SPDX-License-Identifier: Apache-2.0
// The bytes of a training file, a block at a time, hashed on their way.
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
class BlockReader {
 public:
  static constexpr size_t kBlock = 1u << 18;

  // Errors of check_regular_file; NotFound: it cannot be read.
  static Result<BlockReader> open(const std::filesystem::path& path,
                                  const std::stop_token& stop = {});
  // Reads these bytes, which must outlive it, in place of a file.
  static BlockReader in_memory(std::string_view bytes);
  // The file's first block, before next() gives it too. Valid until then.
  std::string_view head() const { return head_; }
  // The next block; empty at the end of the file, or once stop has fired. Valid until the next
  // call.
  std::string_view next();
  // True when the file broke off with a read error.
  bool has_failed() const { return file_.bad(); }
  // SHA-256 of what was read. Call once.
  std::string sha256() { return hash_.hex(); }

 private:
  BlockReader() = default;
  std::string_view read();

  std::ifstream file_;
  std::stop_token stop_;
  Sha256 hash_;
  std::vector<char> block_;
  std::string_view head_;  // of block_; empty once it was given
};

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Its bytes one by one, and the number of the line that each stands in. Byte-order marks at a
// line's start are dropped.
class ByteReader {
 public:
  static constexpr int kEnd = -1;

  // blocks must outlive it.
  explicit ByteReader(BlockReader& blocks) : blocks_(blocks) {}
  int peek() {
    if (unread_.empty()) unread_ = blocks_.next();
    if (is_line_start_ && unread_.starts_with(kByteOrderMark.front())) skip_mark();
    return unread_.empty() ? kEnd : static_cast<unsigned char>(unread_.front());
  }
  int next() {
    const int byte = peek();
    if (byte == kEnd) return byte;
    unread_.remove_prefix(1);
    is_line_start_ = byte == '\n';
    if (is_line_start_) ++line_;
    return byte;
  }
  int64_t line() const { return line_; }  // of the next byte, from 1

 private:
  void skip_mark();

  BlockReader& blocks_;
  std::string_view unread_;  // of a block, or of border_
  std::string border_;       // the end of one block and the next, where a mark may lie across both
  bool is_line_start_ = true;
  int64_t line_ = 1;
};

}  // namespace greylag
