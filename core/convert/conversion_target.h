// SPDX-License-Identifier: Apache-2.0
// What can a checkpoint become? The file formats, the types, and which goes into which.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "gpu/tensor.h"

namespace greylag {

enum class OutputFormat { Pth, Safetensors, Gguf };

// "pth", "safetensors", "gguf"
std::string_view output_format_name(OutputFormat format);
// By extension, in any case. InvalidArgument names the three.
Result<OutputFormat> output_format_of(const std::filesystem::path& path);

// f32, f16, bf16 or a block format by its name in any case; also llama.cpp's Q4_K_M, Q4_K_S, Q5_K_M
// and Q5_K_S (q4_k, q5_k). InvalidArgument lists the types.
Result<gpu::DType> parse_conversion_type(std::string_view name);
// "f32, f16, ..., nf4"
std::string conversion_type_names();

// .pth holds floats only; .gguf has no int8 and nf4; .safetensors holds all.
bool can_hold(OutputFormat format, gpu::DType dtype);
// InvalidArgument says which formats hold the type.
Status check_can_hold(OutputFormat format, gpu::DType dtype);

}  // namespace greylag
