// SPDX-License-Identifier: Apache-2.0
// Loads tensor by tensor, each checked against the shape that the config implies; the low-rank
// matrices are transposed so that every product is matmul(x, W[out, in]).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/model/weights.h"
#include "gpu/device.h"

namespace greylag {

// Carries an Error out of the nest of assignments; caught by whoever makes the loader.
struct LoadFailure {
  Error error;
};

// Used by one thread. Every method throws LoadFailure, or std::bad_alloc of the device.
class WeightLoader {
 public:
  // progress(done, total bytes of the file) returns false to cancel; may be empty, outlives this.
  WeightLoader(CheckpointReader& reader, gpu::Device& device,
               const std::function<bool(uint64_t, uint64_t)>& progress);

  // f32 values of `elements` numbers, whatever the leading ones of the shape.
  std::vector<float> floats(const std::string& name, int64_t elements);
  gpu::Tensor vector(const std::string& name, const gpu::Shape& shape);
  // One row of `width` per name: [names, width].
  gpu::Tensor rows(const std::vector<std::string>& names, int64_t width);
  // [out, in] in the file's dtype, block formats too.
  gpu::Tensor matrix(const std::string& name, int64_t out, int64_t in);
  // [rows, columns] as it is in the file: for what is read row by row.
  gpu::Tensor table(const std::string& name, int64_t rows, int64_t columns);
  // [in, out] in the file, [out, in] on the device.
  gpu::Tensor transposed(const std::string& name, int64_t out, int64_t in);
  // The block whose tensors' names begin with `block` ("blocks.3."); has_value_gate: it is not the
  // first of its stack, which makes v_first.
  LayerWeights block(const std::string& block, const Config& config, bool has_value_gate);

 private:
  const TensorInfo& find(const std::string& name) const;
  gpu::DType read_matrix(const std::string& name, int64_t rows, int64_t columns);
  gpu::Tensor send(const void* host, gpu::DType dtype, const gpu::Shape& shape);
  void advance(uint64_t bytes);

  CheckpointReader& reader_;
  gpu::Device& device_;
  std::unique_ptr<gpu::Queue> queue_;
  const std::function<bool(uint64_t, uint64_t)>& progress_;
  uint64_t bytes_done_ = 0, bytes_total_ = 0;
  std::vector<std::byte> bytes_, transposed_;
};

}  // namespace greylag
