// SPDX-License-Identifier: Apache-2.0
// A valid reasoning core for any small base, random with every term at work; equal options, equal
// bytes.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/model/hrm_config.h"

namespace greylag::test {

struct TinyCore {
  Config base = {};
  int64_t width = 64;
  int64_t blocks = 2;
  Recursion recursion{2, 3};
  int64_t tap = 0;  // 0 = after the last block
  bool is_shared = false, has_gate = false;
  double halt_tau = 0;
  bool is_fresh = false;  // W_out is zero
  double z_scale = 1;     // of z0
  uint64_t seed = 1;
  gpu::DType dtype = gpu::DType::F32;
};

Status write_tiny_core(const std::filesystem::path& path, const TinyCore& options);

}  // namespace greylag::test
