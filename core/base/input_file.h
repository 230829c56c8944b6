// SPDX-License-Identifier: Apache-2.0
// How is a large file read that another program may cut, or whose disk may go, meanwhile? By
// InputFile::read, whose failures are ordinary errors. A parser that wants the whole file as memory
// gets it from look_at_mapped, which tells afterwards whether what it saw was the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <type_traits>
#include <utility>

#include "core/base/platform.h"
#include "core/base/result.h"

namespace greylag {

// A regular file, open for reading; stays the same file when its path names another by now.
class InputFile {
 public:
  // NotFound; BadFile when it is not a regular file.
  static Result<InputFile> open(const std::filesystem::path& path);
  // Bytes that are in memory already, as if a file held them. They must outlive the object.
  static InputFile in_memory(std::span<const std::byte> bytes);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  // When it was opened.
  uint64_t size_bytes() const { return input_.size; }
  // Fills `out` from `offset` on; both lie within size_bytes. BadFile when the file has been cut,
  // Internal when the disk fails. Any thread.
  Status read(uint64_t offset, std::span<std::byte> out) const;
  // The open file, borrowed, for a process that shall read the same one; -1 in memory.
  const platform::Input& input() const { return input_; }

 private:
  friend class FileMapping;
  InputFile() = default;
  platform::Input input_;
  const std::byte* memory_ = nullptr;  // of in_memory
};

// A whole file in memory, read-only. For look_at_mapped.
class FileMapping {
 public:
  // Internal when it cannot be mapped.
  static Result<FileMapping> map(const InputFile& file);
  FileMapping(FileMapping&& other) noexcept;
  FileMapping& operator=(FileMapping&&) = delete;
  ~FileMapping();
  std::span<const std::byte> bytes() const { return bytes_; }
  // BadFile when a part of the file was lost while it was mapped; that part reads as zeros.
  Status check() const;

 private:
  FileMapping() = default;
  platform::Mapping mapping_;
  std::span<const std::byte> bytes_;
};

// look(bytes) returns a Result or a Status; the bytes stay valid until then. Its answer, or BadFile
// when the file was cut meanwhile: whatever it found, it did not find in the file.
template <typename Look>
auto look_at_mapped(const InputFile& file, Look&& look)
    -> std::invoke_result_t<Look, std::span<const std::byte>> {
  const Result<FileMapping> mapping = FileMapping::map(file);
  if (!mapping) return mapping.error();
  auto answer = std::forward<Look>(look)(mapping->bytes());
  if (const Status whole = mapping->check(); !whole) return whole.error();
  return answer;
}

}  // namespace greylag
