// SPDX-License-Identifier: Apache-2.0
// Which tasks are in a folder of ARC? One JSON file per task: {"train": [pairs], "test": [pairs]},
// a pair is {"input": rows, "output": rows}, rows are lists of the numbers 0 to 9.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/puzzle/arc.h"

namespace greylag {

struct ArcPair {
  ArcGrid input, output;  // output 0 x 0: not told (a test only)
};

struct ArcTask {
  std::string name;                            // of the file, without .json
  std::vector<ArcPair> demonstrations, tests;  // at least one of each
};

// BadFile says which pair is wrong.
Result<ArcTask> parse_arc_task(const std::string& name, std::string_view json);
// Every *.json of the folder, by name. NotFound: no folder or no task in it; BadFile names the
// file.
Result<std::vector<ArcTask>> read_arc_tasks(const std::filesystem::path& folder);

// Equal for two pairs exactly when turning, mirroring and other colours than black turn one into
// the other.
std::string canonical_arc_pair(const ArcPair& pair);

}  // namespace greylag
