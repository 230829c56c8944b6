// SPDX-License-Identifier: Apache-2.0
// Where is the other half of a PiSSA? RWKV-PEFT saves A0 and B0 once, as init_pissa.pth in the
// folder of the trained files. Nothing in those says that they are PiSSA, so the presence of that
// file decides.
#pragma once

#include <filesystem>
#include <optional>

#include "core/base/result.h"

namespace greylag {

// True for *init_pissa*.pth and *init_pissa*.safetensors: not an adapter by itself.
bool is_pissa_init(const std::filesystem::path& path);

// The init file beside the adapter, in this order: one named after it (mine.pth, then
// mine.init_pissa.pth, or with - or _); init_pissa.pth or init_pissa.safetensors; the only
// *init_pissa* file that is not named after another adapter. InvalidArgument when there are several
// of the last kind.
Result<std::optional<std::filesystem::path>> find_pissa_init(const std::filesystem::path& adapter);

}  // namespace greylag
