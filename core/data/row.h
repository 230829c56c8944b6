// SPDX-License-Identifier: Apache-2.0
// The shapes of rows, as JSON objects: of JSON files, and of tables by their header.
#pragma once

#include <string>
#include <vector>

#include "core/data/row_fields.h"

namespace greylag {

Read<ParsedRow> read_row(const nlohmann::json& object);

// Whether a row with these keys (or a table with these columns) has a shape that is known, be it
// read or refused by its own name.
bool is_known_shape(const std::vector<std::string>& names);

}  // namespace greylag
