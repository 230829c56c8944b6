// SPDX-License-Identifier: Apache-2.0
// A puzzle reasoner out of and into a file (format: core/model/puzzle_config.h), and the tensors
// that a run keeps.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/reason/puzzle_autograd.h"
#include "gpu/tensor.h"

namespace greylag::reason {

// Of a file of ours or a published one, in f32 on the device. Errors of open_checkpoint,
// read_puzzle_config and PuzzleNet::create.
Result<PuzzleNet> load_reasoner(const std::filesystem::path& path, at::Device device);

// dtype: F32, F16 or BF16. Atomic. `parameters` may be on any device.
Status write_reasoner(const std::filesystem::path& path, const PuzzleConfig& config,
                      const Parameters& parameters, gpu::DType dtype);

// Tensors of a run by name, f32 or bf16, on any device. Atomic.
using NamedParts = std::vector<std::pair<std::string, at::Tensor>>;
Status save_parts(const std::filesystem::path& path, const NamedParts& parts);
// Fills them in place, bit for bit. BadFile: one is missing or has another shape or dtype.
Status load_parts(const std::filesystem::path& path, const NamedParts& parts);

}  // namespace greylag::reason
