// SPDX-License-Identifier: Apache-2.0
// Reads blocks and cuts them at \n.
#include "core/data/line_reader.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/base/regular_file.h"

namespace greylag {

Result<LineReader> LineReader::open(const std::filesystem::path& path,
                                    const std::stop_token& stop) {
  constexpr size_t kBlock = 1u << 18;
  if (Status regular = check_regular_file(path); !regular) return regular.error();
  LineReader reader;
  reader.stop_ = stop;
  reader.file_.open(path, std::ios::binary);
  if (!reader.file_) {
    return Error{ErrorCode::NotFound, "cannot read the file " + path_to_utf8(path)};
  }
  reader.block_.resize(kBlock);
  return reader;
}

bool LineReader::fill() {
  if (stop_.stop_requested()) return false;
  file_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
  unread_ = {block_.data(), static_cast<size_t>(file_.gcount())};
  hash_.update(std::as_bytes(std::span(unread_)));
  return !unread_.empty();
}

bool LineReader::next(std::string& line) {
  line.clear();
  is_too_long_ = false;
  if (unread_.empty() && !fill()) return false;
  ++number_;
  for (;;) {
    const size_t end = unread_.find('\n');
    const std::string_view part = unread_.substr(0, end);
    const size_t room = kLongestLine + 1 - std::min(line.size(), kLongestLine + 1);
    line.append(part.substr(0, room));
    is_too_long_ = is_too_long_ || part.size() > room;
    unread_.remove_prefix(std::min(part.size() + 1, unread_.size()));
    has_line_end_ = end != std::string_view::npos;
    if (has_line_end_ || !fill()) break;
  }
  if (line.ends_with('\r') && !is_too_long_) line.pop_back();
  if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  is_too_long_ = is_too_long_ || line.size() > kLongestLine;
  return true;
}

}  // namespace greylag
