// SPDX-License-Identifier: Apache-2.0
// Cuts blocks at \n.
#include "core/data/line_reader.h"

#include <algorithm>

namespace greylag {

bool LineReader::fill() {
  unread_ = blocks_.next();
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
    const size_t room = kLongestRow + 1 - std::min(line.size(), kLongestRow + 1);
    line.append(part.substr(0, room));
    is_too_long_ = is_too_long_ || part.size() > room;
    unread_.remove_prefix(std::min(part.size() + 1, unread_.size()));
    has_line_end_ = end != std::string_view::npos;
    if (has_line_end_ || !fill()) break;
  }
  if (line.ends_with('\r') && !is_too_long_) line.pop_back();
  if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  is_too_long_ = is_too_long_ || line.size() > kLongestRow;
  return true;
}

}  // namespace greylag
