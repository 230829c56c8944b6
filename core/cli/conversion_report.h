// SPDX-License-Identifier: Apache-2.0
// What did a conversion cost? Source and result read the same text, and are compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/cli/commands.h"
#include "core/eval/quality_report.h"

namespace greylag {

// Both checkpoints on the device of `context` at once, which needs the memory of both; their
// vocabulary is that of the source. Errors name the file; Cancelled when progress returns false.
Result<QualityReport> report_conversion(const CommandContext& context,
                                        const std::filesystem::path& source,
                                        const std::filesystem::path& result,
                                        const std::optional<std::filesystem::path>& vocabulary,
                                        const std::string& text,
                                        const std::function<bool(int64_t, int64_t)>& progress);

}  // namespace greylag
