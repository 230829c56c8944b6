// SPDX-License-Identifier: Apache-2.0
// What does the JSON header of a safetensors file say? Parsed event by event, so that a duplicate
// key at any level, a float where an integer belongs or deep nesting is refused where it stands.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

struct SafetensorsEntry {
  TensorInfo info;     // name as in the file
  uint64_t begin = 0;  // bytes from the start of the data
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in header order; extents not yet compared
  std::map<std::string, std::string> metadata;
};

// BadFile: "header: ...".
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

}  // namespace greylag
