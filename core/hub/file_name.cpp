// SPDX-License-Identifier: Apache-2.0
#include "core/hub/file_name.h"

#include <algorithm>
#include <array>

namespace greylag {
namespace {

constexpr size_t kLongest = 200;
constexpr size_t kSlugLength = 40;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// CON, NUL, COM1 … open devices on Windows whatever the extension.
bool is_reserved(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  std::transform(stem.begin(), stem.end(), stem.begin(), upper);
  static constexpr std::array<std::string_view, 4> kDevices{"CON", "PRN", "AUX", "NUL"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  const bool is_port = stem.starts_with("COM") || stem.starts_with("LPT");
  return is_port && stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9';
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F ||
         std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
}

}  // namespace

Status check_file_name(std::string_view name) {
  const bool is_good = !name.empty() && name.size() <= kLongest && name.front() != '.' &&
                       name.back() != '.' && name.back() != ' ' && name.front() != ' ' &&
                       std::none_of(name.begin(), name.end(), is_forbidden) && !is_reserved(name);
  if (is_good) return {};
  return Error{ErrorCode::InvalidArgument,
               "the file name must be a plain name of 1 to 200 bytes without / \\ : * ? \" < > |"};
}

std::string slug(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool is_plain = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (is_plain)
      out += low;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() >= kSlugLength) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "run" : out;
}

}  // namespace greylag
