// SPDX-License-Identifier: Apache-2.0
#include "core/data/block_reader.h"

#include <span>
#include <utility>

#include "core/base/file.h"
#include "core/base/regular_file.h"

namespace greylag {

Result<BlockReader> BlockReader::open(const std::filesystem::path& path,
                                      const std::stop_token& stop) {
  if (Status regular = check_regular_file(path); !regular) return regular.error();
  BlockReader reader;
  reader.stop_ = stop;
  reader.file_.open(path, std::ios::binary);
  if (!reader.file_) {
    return Error{ErrorCode::NotFound, "cannot read the file " + path_to_utf8(path)};
  }
  reader.block_.resize(kBlock);
  reader.head_ = reader.read();
  return reader;
}

BlockReader BlockReader::in_memory(std::string_view bytes) {
  BlockReader reader;
  reader.hash_.update(std::as_bytes(std::span(bytes)));
  reader.head_ = bytes;
  return reader;
}

std::string_view BlockReader::read() {
  if (block_.empty()) return {};
  file_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
  const std::string_view bytes(block_.data(), static_cast<size_t>(file_.gcount()));
  hash_.update(std::as_bytes(std::span(bytes)));
  return bytes;
}

std::string_view BlockReader::next() {
  if (stop_.stop_requested()) return {};
  return head_.empty() ? read() : std::exchange(head_, {});
}

void ByteReader::skip_mark() {
  if (unread_.size() < kByteOrderMark.size()) {
    std::string joined(unread_);
    joined += blocks_.next();
    border_ = std::move(joined);
    unread_ = border_;
  }
  if (unread_.starts_with(kByteOrderMark)) unread_.remove_prefix(kByteOrderMark.size());
  if (unread_.empty()) unread_ = blocks_.next();
  is_line_start_ = false;
}

}  // namespace greylag
