// SPDX-License-Identifier: Apache-2.0
// Was this adapter made for that base model?
#pragma once

#include <string>

#include "core/adapter/adapter_file.h"

namespace greylag {

// Conflict when both hashes are known and differ.
Status check_base(const AdapterHeader& adapter, const std::string& base_sha256);

}  // namespace greylag
