// SPDX-License-Identifier: Apache-2.0
// How often does a file have which problem? Counts rows over the whole file, however many problems
// are kept to be shown.
#pragma once

#include <vector>

#include "core/data/dataset.h"

namespace greylag {

// One thread.
class ProblemTally {
 public:
  void add(const DataError& error);
  // Fatal ones first, else in the order of their first lines.
  std::vector<ProblemCount> counts() const;

 private:
  std::vector<ProblemCount> counts_;  // by problem and is_fatal
};

}  // namespace greylag
