// SPDX-License-Identifier: Apache-2.0
// What do the sources of prepare.h give? Both splits and the names of the puzzle ids.
#pragma once

#include <string>
#include <vector>

#include "core/puzzle/prepare.h"
#include "core/puzzle/puzzle_set.h"

namespace greylag {

struct Prepared {
  PuzzleSet train, test;
  std::vector<std::string> names{"<blank>"};  // by puzzle id
  PrepareReport report;
};

// Grids of training larger than this are refused (TooLarge), in bytes of inputs and labels.
constexpr int64_t kMostPreparedBytes = int64_t{16} << 30;
Status check_prepared_size(int64_t examples, int64_t cells);

Result<Prepared> prepare_grids(const PrepareOptions& options, const PrepareProgress& progress);
Result<Prepared> prepare_arc(const PrepareOptions& options, const PrepareProgress& progress);

}  // namespace greylag
