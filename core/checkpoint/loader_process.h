// SPDX-License-Identifier: Apache-2.0
// Who parses a file that came from outside? greylag-loader, a program of nothing but the parsers
// (core/main_loader.cpp), locked in by core/base/sandbox.h. Its answer is checked as if the file
// itself had written it.
#pragma once

#include <filesystem>

#include "core/base/input_file.h"
#include "core/base/result.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

// In a loader process where sandbox_status (reader.h) does not say "none", else in this one.
Result<TensorTable> parse_outside_file(const InputFile& file);

// With the loader of this path, which must be there. Errors of parse_checkpoint; those of
// sandbox::run_sandboxed; BadFile for an answer that is none.
Result<TensorTable> parse_in_loader(const std::filesystem::path& loader, const InputFile& file);

}  // namespace greylag
