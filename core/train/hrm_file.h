// SPDX-License-Identifier: Apache-2.0
// HRM cores in and out of training: a fresh one by facts hrm.md 4.4, one read from its file, one
// written beside a run's checkpoint.
#pragma once

#include <filesystem>

#include "core/base/result.h"
#include "core/train/hrm_autograd.h"

namespace greylag::train {

// A fresh core: W_out zero, alpha 1, q = 0 with bias -5, gate zero, every other matrix random. With
// W_out zero the model's answers are the base's to the bit. Each tensor is a function of the seed,
// its place in the file and the shape.
HrmAutograd fresh_core(const HrmConfig& config, uint64_t seed);

// Any dtype becomes f32. Errors of open_checkpoint and read_hrm_config.
Result<HrmAutograd> load_core(const std::filesystem::path& path);

// The core as safetensors in `dtype` (f32, f16 or bf16), with its metadata.
Status save_core(const std::filesystem::path& path, const HrmAutograd& core,
                 gpu::DType dtype = gpu::DType::F32);

struct InitialCore {
  std::filesystem::path model;  // the base checkpoint
  int64_t width = 0;            // 0 = half the base's, rounded up to a multiple of 64
  int64_t blocks = 2;
  int64_t h_cycles = 2, l_cycles = 3;
  int64_t tap = -1;  // blocks of the base before the core; -1 = all
  bool is_shared = false;
  bool has_gate = false;
};

// The shape of a core for that base, whose hash it carries. Errors of loading the base and of
// make_hrm_config.
Result<HrmConfig> plan_core(const InitialCore& options);

}  // namespace greylag::train
