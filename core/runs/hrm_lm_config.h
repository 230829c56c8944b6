// SPDX-License-Identifier: Apache-2.0
// What does a run of hrm_lm mean here? Its YAML config (facts hrm.md 2.3; the options of its
// trainer, 2.5, under "train" or at the top) as a run of method hrm. docs/hrm_lm.md says where the
// two differ.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag {

struct HrmLmImport {
  protocol::RunConfig config;  // to be completed: complete_run_config
  // One line per key that has no counterpart or another meaning: "key: why".
  std::vector<std::string> notes;
};

// BadFile when it is not YAML, or a value has the wrong type (names the key).
Result<HrmLmImport> import_hrm_lm_config(const std::string& yaml);

}  // namespace greylag
