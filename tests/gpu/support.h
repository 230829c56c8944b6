// SPDX-License-Identifier: Apache-2.0
// Fixed random numbers, and arrays on a CPU device that are read and written as vectors.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gpu/device.h"
#include "gpu/op_table.h"
#include "gpu/quant/quant.h"
#include "gpu/tensor.h"

namespace greylag::gpu::test {

// Uniform in [low, high), the same numbers for the same seed everywhere.
inline std::vector<float> uniform(size_t n, uint64_t seed, float low = -1.0f, float high = 1.0f) {
  std::vector<float> values(n);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (float& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const float unit = static_cast<float>(state >> 40) * 0x1p-24f;
    value = low + (high - low) * unit;
  }
  return values;
}

// A CPU device with one queue.
struct Cpu {
  explicit Cpu(unsigned threads) {
    std::string why;
    device = make_device("cpu", threads, &why);
    queue = device->make_queue();
  }
  Tensor make(const Shape& shape, const std::vector<float>& values, DType dtype = DType::F32) {
    Tensor tensor = device->allocate(dtype, shape);
    const int64_t columns = shape[-1];
    convert_rows(values.data(), DType::F32, tensor.view().bytes, dtype, shape.elements() / columns,
                 columns);
    return tensor;
  }
  // The same values as W of matmul.
  Tensor matrix(const Tensor& rows) {
    return device->upload_matrix(*queue, rows.view().bytes, rows.dtype(), rows.shape());
  }
  void matmul(const Product& product) { ops().matmul(*queue, {&product, 1}); }
  Tensor make(const Shape& shape) { return device->allocate_zero(DType::F32, shape); }
  const OpTable& ops() const { return device->ops(); }

  std::unique_ptr<Device> device;
  std::unique_ptr<Queue> queue;
};

inline std::vector<float> values_of(const TensorView& view) {
  std::vector<float> values(static_cast<size_t>(view.elements()));
  const int64_t columns = view.shape[-1];
  convert_rows(view.bytes, view.dtype, values.data(), DType::F32, view.elements() / columns,
               columns);
  return values;
}

}  // namespace greylag::gpu::test
