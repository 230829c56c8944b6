// SPDX-License-Identifier: Apache-2.0
// Only the two channel-mix matrices are not square.
#include "core/adapter/adapter_shape.h"

#include <fmt/format.h>

namespace greylag {

int64_t target_in(const Config& config, AdapterTarget target) {
  return target == AdapterTarget::FfnValue ? config.ffn_width : config.width;
}

int64_t target_out(const Config& config, AdapterTarget target) {
  return target == AdapterTarget::FfnKey ? config.ffn_width : config.width;
}

std::string target_key(int64_t layer, AdapterTarget target) {
  return fmt::format("blocks.{}.{}", layer, adapter_target_name(target));
}

std::string time_state_key(int64_t layer) { return fmt::format("blocks.{}.att.time_state", layer); }

}  // namespace greylag
