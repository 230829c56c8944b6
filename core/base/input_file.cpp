// SPDX-License-Identifier: Apache-2.0
#include "core/base/input_file.h"

#include <algorithm>

namespace greylag {

Result<InputFile> InputFile::open(const std::filesystem::path& path) {
  const Result<platform::Input> input = platform::open_input(path);
  if (!input) return input.error();
  InputFile file;
  file.input_ = *input;
  return file;
}

InputFile InputFile::in_memory(std::span<const std::byte> bytes) {
  InputFile file;
  file.memory_ = bytes.data();
  file.input_.size = bytes.size();
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : input_(std::exchange(other.input_, {})), memory_(std::exchange(other.memory_, nullptr)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(input_, other.input_);
  std::swap(memory_, other.memory_);
  return *this;
}

InputFile::~InputFile() { platform::close_input(input_.handle); }

Status InputFile::read(uint64_t offset, std::span<std::byte> out) const {
  if (memory_ == nullptr) return platform::read_at(input_.handle, offset, out);
  std::copy_n(memory_ + offset, out.size(), out.data());
  return {};
}

Result<FileMapping> FileMapping::map(const InputFile& file) {
  FileMapping mapped;
  if (file.memory_ != nullptr) {
    mapped.bytes_ = {file.memory_, static_cast<size_t>(file.size_bytes())};
    return mapped;
  }
  const Result<platform::Mapping> mapping = platform::map_input(file.input_);
  if (!mapping) return mapping.error();
  mapped.mapping_ = *mapping;
  mapped.bytes_ = {static_cast<const std::byte*>(mapping->address), mapping->size};
  return mapped;
}

FileMapping::FileMapping(FileMapping&& other) noexcept
    : mapping_(std::exchange(other.mapping_, {})), bytes_(std::exchange(other.bytes_, {})) {}

FileMapping::~FileMapping() { platform::unmap_input(mapping_); }

Status FileMapping::check() const {
  if (platform::is_intact(mapping_)) return {};
  return Error{ErrorCode::BadFile, "the file was cut while it was read, or its disk failed"};
}

}  // namespace greylag
