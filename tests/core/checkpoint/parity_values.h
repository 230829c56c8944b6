// SPDX-License-Identifier: Apache-2.0
// Is a model file the parity model? Compared with its .safetensors, tensor by tensor.
#pragma once

#include <filesystem>

#include "core/checkpoint/reader.h"

namespace greylag::test {

// The same names and shapes, in any order.
void expect_same_structure(const CheckpointReader& reader, const std::filesystem::path& reference);

// Tensors in f32 and f16: bit for bit the reference, rounded to the type of the file.
void expect_equal_values(CheckpointReader& reader, const std::filesystem::path& reference);

// As that, with tensors in Q5_0 within one step of their block. Does nothing while blocks cannot be
// decoded.
void expect_q5_0_values(CheckpointReader& reader, const std::filesystem::path& reference);

}  // namespace greylag::test
