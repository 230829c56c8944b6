// SPDX-License-Identifier: Apache-2.0
// A valid RWKV-7 of any small size, so that tests need no data from elsewhere. Weights are random
// with every term of the formula at work and activations of order 1; equal options, equal bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag::test {

struct TinyCheckpoint {
  int64_t layers = 2;
  int64_t width = 64;   // a multiple of 64
  int64_t vocab = 256;  // 256 is the byte tokenizer
  uint64_t seed = 1;
  gpu::DType dtype = gpu::DType::F32;  // F32, F16, BF16
  int64_t rank = 32;                   // of all low-rank matrices
  bool has_first_value_gate = false;   // v0, v1, v2 in layer 0, which are never used
};

// The extension of path (.pth, else safetensors) picks the format.
Status write_tiny_checkpoint(const std::filesystem::path& path, const TinyCheckpoint& options = {});

// The same tensors in memory, f32, in file order.
struct TinyTensor {
  TensorInfo info;  // in options.dtype
  std::vector<float> values;
};
std::vector<TinyTensor> make_tiny_tensors(const TinyCheckpoint& options);

// Writes any tensors: values are rounded to info.dtype.
Status write_tensors(const std::filesystem::path& path, const std::vector<TinyTensor>& tensors);
TinyTensor make_tensor(std::string name, gpu::Shape shape, std::vector<float> values,
                       gpu::DType dtype = gpu::DType::F32);

}  // namespace greylag::test
