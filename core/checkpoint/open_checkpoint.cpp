// SPDX-License-Identifier: Apache-2.0
// What kind of file is this? Decided by its first bytes, never by its name; kinds that cannot be
// opened are named, with what to do about it.
#include <fmt/format.h>

#include <algorithm>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/reader.h"

namespace greylag {

namespace {

using namespace std::string_view_literals;

std::string_view head_text(std::span<const std::byte> bytes, size_t most) {
  return {reinterpret_cast<const char*>(bytes.data()), std::min(most, bytes.size())};
}

bool has_at(std::string_view head, size_t position, std::string_view magic) {
  return head.size() >= position && head.substr(position).starts_with(magic);
}

// What a file is that starts with these bytes, as a sentence; empty when it is none of them.
std::string_view name_by_magic(std::string_view head) {
  struct Magic {
    size_t position;
    std::string_view bytes, sentence;
  };
  static constexpr Magic kMagics[] = {
      {0, "lmgg"sv, "this is an old ggml file; convert it to GGUF first"sv},
      {0, "tjgg"sv, "this is an old ggml file; convert it to GGUF first"sv},
      {0, "7z\xBC\xAF\x27\x1C"sv, "this is a 7z archive; unpack it first"sv},
      {0, "Rar!\x1A\x07"sv, "this is a RAR archive; unpack it first"sv},
      {0, "\x1F\x8B"sv, "this is a gzip file; unpack it first"sv},
      {0,
       "\xFD"sv
       "7zXZ"sv,
       "this is an xz file; unpack it first"sv},
      {0, "BZh"sv, "this is a bzip2 file; unpack it first"sv},
      {0, "\x28\xB5\x2F\xFD"sv, "this is a zstd file; unpack it first"sv},
      {257, "ustar"sv,
       "this is a tar archive (legacy PyTorch format?); re-save it with a current PyTorch"sv},
      {0, "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19"sv,
       "this is the legacy PyTorch format; re-save it with PyTorch 1.6 or newer"sv},
      {0, "PK\x05\x06"sv, "this is an empty zip archive"sv},
      {0, "%PDF"sv, "this is a PDF document, not a model"sv},
      {0, "\x89PNG"sv, "this is a picture, not a model"sv},
      {0,
       "\x7F"
       "ELF"sv,
       "this is a program, not a model"sv},
      {0, "SQLite format 3"sv, "this is a database, not a model"sv},
      {0, "\x89HDF\r\n"sv, "this is an HDF5 file, not a model that this version reads"sv},
      {0, "version https://git-lfs"sv,
       "this is a Git LFS pointer; the real file was not downloaded"sv},
  };
  for (const Magic& magic : kMagics) {
    if (has_at(head, magic.position, magic.bytes)) return magic.sentence;
  }
  return {};
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// True when the bytes could be the beginning of a text file.
bool is_text(std::string_view head) {
  return std::ranges::none_of(head, [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  });
}

Error unknown_kind(std::string_view head) {
  const std::string start = lower_ascii(head.substr(0, std::min<size_t>(head.size(), 256)));
  const size_t first = start.find_first_not_of(" \t\r\n");
  const std::string_view trimmed =
      first == std::string::npos ? ""sv : std::string_view(start).substr(first);
  if (trimmed.starts_with("<!doctype html") || trimmed.starts_with("<html")) {
    return bad_file("this is a web page (HTML), not a model; the download went wrong");
  }
  const bool is_pickle = head.size() >= 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
  if (is_pickle) {
    return bad_file(
        "this is a bare pickle or the legacy PyTorch format; re-save it with PyTorch "
        "1.6 or newer");
  }
  if (is_text(head)) return bad_file("this is a text file, not a model");
  return bad_file(
      "this is not a model file: by its content none of .pth, .safetensors, .gguf and rwkv.cpp");
}

}  // namespace

Result<TensorTable> parse_checkpoint(std::span<const std::byte> file) {
  const std::string_view head = head_text(file, 512);
  if (head.starts_with("PK\x03\x04"sv)) return parse_pth(file);
  if (head.starts_with("GGUF"sv)) return parse_gguf(file);
  if (head.starts_with("fmgg"sv)) return parse_rwkv_cpp(file);
  if (const std::string_view sentence = name_by_magic(head); !sentence.empty()) {
    return bad_file(std::string(sentence));
  }
  ByteCursor cursor(file);
  const uint64_t header_bytes = cursor.u64();
  if (cursor.ok() && head.substr(8).starts_with('{') && header_bytes < (uint64_t{1} << 40)) {
    return parse_safetensors(file);
  }
  return unknown_kind(head);
}

}  // namespace greylag
