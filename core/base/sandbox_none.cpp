// SPDX-License-Identifier: Apache-2.0
// Systems whose walls are not used: callers see available_walls and do the job in their own
// process.
#include "core/base/sandbox.h"

namespace greylag::sandbox {
namespace {

Error no_walls() {
  return Error{ErrorCode::Internal, "this system has no sandbox that Greylag can use"};
}

}  // namespace

Walls available_walls() { return {}; }

std::string walls_text(const Walls& /*walls*/) { return "none: only Linux has one so far"; }

Result<std::string> run_sandboxed(const std::filesystem::path& /*program*/,
                                  const InputFile& /*file*/, const RunLimits& /*limits*/) {
  return no_walls();
}

Result<std::span<const std::byte>> map_input() { return no_walls(); }

Result<Walls> lock_down() { return no_walls(); }

Result<bool> raise_landlock() { return false; }

}  // namespace greylag::sandbox
