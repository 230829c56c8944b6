// SPDX-License-Identifier: Apache-2.0
// What does a writer of a file format need of the file? Bytes go in at the end, in order; commit()
// puts the whole file in its place. A file that was begun by an earlier run (ResumableFile) keeps
// what is safe of it, and a writer that produces the same bytes again may go over them instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

class OutputFile {
 public:
  // Told of bytes, piece by piece, in order.
  using Observer = std::function<void(std::span<const std::byte>)>;

  virtual ~OutputFile() = default;
  // Errors: NoSpace, Internal; after one nothing but destruction is allowed.
  virtual Status write(std::span<const std::byte> bytes) = 0;
  Status write(std::string_view text) {
    return write(std::as_bytes(std::span(text.data(), text.size())));
  }
  // Bytes written or gone over so far.
  virtual uint64_t size_bytes() const = 0;
  // Whether the next `size` bytes are in the file already.
  virtual bool keeps(uint64_t size) const = 0;
  // Goes over bytes that it keeps; `see`, if given, is shown them (read back from the file).
  virtual Status skip(uint64_t size, const Observer& see) = 0;
  // Durable, and in the target's place. Once, at the end.
  virtual Status commit() = 0;

 protected:
  OutputFile() = default;
  OutputFile(const OutputFile&) = default;
  OutputFile& operator=(const OutputFile&) = default;
};

}  // namespace greylag
