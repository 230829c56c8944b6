// SPDX-License-Identifier: Apache-2.0
// A fresh RWKV-7 with the official initialisation (facts 2.1, current init). Without LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"
#include "gpu/tensor.h"

namespace greylag::train {

struct InitialModel {
  int64_t layers = 6;
  int64_t width = 192;  // multiple of 64
  int64_t vocab = 256;
  uint64_t seed = 1;
  gpu::DType dtype = gpu::DType::F32;
};

// The extension picks the format (.safetensors or .pth). InvalidArgument names the option.
Status write_initial_model(const std::filesystem::path& path, const InitialModel& options);

}  // namespace greylag::train
