// SPDX-License-Identifier: Apache-2.0
// RunConfig <-> config.yaml, its defaults and its bounds.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag {

Result<protocol::RunConfig> parse_run_config(const std::string& yaml);  // BadFile names the key
std::string format_run_config(const protocol::RunConfig& config);

// Fills method-dependent defaults (lr, lr_final, threads) and checks every bound. InvalidArgument
// names the field and the allowed range.
Result<protocol::RunConfig> complete_run_config(protocol::RunConfig config);

// A field that differs between the config that a checkpoint was saved under and the one it shall go
// on with, each value as config.yaml writes it.
struct ConfigChange {
  std::string field, was, is;
  // The stored weights, moments or position in the data would mean something else: the run cannot
  // go on so. The others (rates, steps, how often is saved, ...) may change at any step.
  bool is_fixed = false;
};
std::vector<ConfigChange> config_changes(const protocol::RunConfig& was,
                                         const protocol::RunConfig& is);

}  // namespace greylag
