// SPDX-License-Identifier: Apache-2.0
// What would a puzzle reasoner say, computed slowly in f64 with plain loops from the words of facts
// hrm.md 1.1-1.4 and 4.2? Shares no code with core/model but the config and the tensors' names.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/puzzle_config.h"

namespace greylag::test {

using PuzzleValues = std::map<std::string, std::vector<float>>;  // by the names of puzzle_tensors

// Random weights with every term of the formulas at work; equal seeds, equal values.
PuzzleValues random_puzzle_values(const PuzzleConfig& config, uint64_t seed);

// As a file of ours, or (without metadata) under the published names behind a prefix. The extension
// of path (.pth, else safetensors) picks the format.
Status write_puzzle(const std::filesystem::path& path, const PuzzleConfig& config,
                    const PuzzleValues& values);
Status write_published_puzzle(const std::filesystem::path& path, const PuzzleConfig& config,
                              const PuzzleValues& values, const std::string& prefix);

// After each segment: logits [S, V], then q [2].
struct PuzzleAnswer {
  std::vector<double> logits, q;
};
std::vector<PuzzleAnswer> reference_segments(const PuzzleConfig& config, const PuzzleValues& values,
                                             const std::vector<uint8_t>& tokens, int32_t puzzle_id,
                                             int64_t segments);

}  // namespace greylag::test
