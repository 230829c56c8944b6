// SPDX-License-Identifier: Apache-2.0
#include "core/runs/jsonl.h"

#include <algorithm>
#include <fstream>

#include "core/base/file.h"

namespace greylag {

namespace fs = std::filesystem;

namespace {

// Bytes [begin, end) of a file; fewer when it was cut meanwhile.
std::string read_range(const fs::path& file, uint64_t begin, uint64_t end) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(static_cast<size_t>(end - begin), '\0');
  in.seekg(static_cast<std::streamoff>(begin));
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(0, in.gcount())));
  return bytes;
}

std::vector<std::string> whole_lines(std::string_view bytes) {
  std::vector<std::string> lines;
  for (size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (end > 0) lines.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

uint64_t file_size_or_zero(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<uint64_t>(size);
}

Status append_line(const fs::path& file, const std::string& line) {
  const uint64_t before = file_size_or_zero(file);
  std::ofstream out(file, std::ios::binary | std::ios::app);
  if (!out) {
    return Error{ErrorCode::Internal, "cannot open " + path_to_utf8(file.filename()) + " to write"};
  }
  out << line << '\n';
  out.close();
  if (out.good()) return {};
  std::error_code error;
  fs::resize_file(file, before, error);  // no half line stays behind
  return Error{ErrorCode::NoSpace,
               "cannot write " + path_to_utf8(file.filename()) + ": the disk is full or failing"};
}

std::vector<std::string> read_lines(const fs::path& file) {
  return whole_lines(read_range(file, 0, file_size_or_zero(file)));
}

std::vector<std::string> read_last_lines(const fs::path& file,
                                         const std::function<bool(std::string_view)>& is_old) {
  const uint64_t size = file_size_or_zero(file);
  for (uint64_t length = 16384;; length *= 4) {
    if (length >= size) return whole_lines(read_range(file, 0, size));
    const std::string bytes = read_range(file, size - length, size);
    const size_t start = bytes.find('\n');  // the first line may be cut
    if (start == std::string::npos) continue;
    std::vector<std::string> lines = whole_lines(std::string_view(bytes).substr(start + 1));
    if (std::any_of(lines.begin(), lines.end(), is_old)) return lines;
  }
}

Status cut_torn_line(const fs::path& file) {
  const uint64_t size = file_size_or_zero(file);
  if (size == 0) return {};
  uint64_t keep = 0;
  for (uint64_t end = size; end > 0;) {
    const uint64_t begin = end > 4096 ? end - 4096 : 0;
    const size_t newline = read_range(file, begin, end).rfind('\n');
    if (newline != std::string::npos) {
      keep = begin + newline + 1;
      break;
    }
    end = begin;
  }
  std::error_code error;
  if (keep != size) fs::resize_file(file, keep, error);
  if (!error) return {};
  return Error{ErrorCode::Internal,
               "cannot repair " + path_to_utf8(file.filename()) + ": " + error.message()};
}

}  // namespace greylag
