// SPDX-License-Identifier: Apache-2.0
#include "core/model/weight_loader.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace greylag {
namespace {

using gpu::DType;
using gpu::Shape;
using gpu::Tensor;

void transpose(const std::vector<std::byte>& from, int64_t rows, int64_t columns, size_t item,
               std::vector<std::byte>& to) {
  to.resize(from.size());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      std::memcpy(to.data() + static_cast<size_t>(c * rows + r) * item,
                  from.data() + static_cast<size_t>(r * columns + c) * item, item);
    }
  }
}

[[noreturn]] void refuse(const std::string& name, const std::string& rule) {
  throw LoadFailure{Error{ErrorCode::BadFile, fmt::format("tensor {}: {}", name, rule)}};
}

}  // namespace

WeightLoader::WeightLoader(CheckpointReader& reader, gpu::Device& device,
                           const std::function<bool(uint64_t, uint64_t)>& progress)
    : reader_(reader), device_(device), queue_(device.make_queue()), progress_(progress) {
  for (const TensorInfo& info : reader.tensors()) bytes_total_ += info.size_bytes;
}

std::vector<float> WeightLoader::floats(const std::string& name, int64_t elements) {
  const TensorInfo& info = find(name);
  if (info.shape.elements() != elements) {
    refuse(name, fmt::format("has shape {}, expected {} numbers", info.shape.text(), elements));
  }
  Result<std::vector<float>> values = reader_.read_f32(name);
  if (!values) throw LoadFailure{values.error()};
  advance(info.size_bytes);
  return std::move(values).value();
}

Tensor WeightLoader::vector(const std::string& name, const Shape& shape) {
  return send(floats(name, shape.elements()).data(), DType::F32, shape);
}

Tensor WeightLoader::rows(const std::vector<std::string>& names, int64_t width) {
  std::vector<float> all;
  for (const std::string& name : names) {
    const std::vector<float> row = floats(name, width);
    all.insert(all.end(), row.begin(), row.end());
  }
  return send(all.data(), DType::F32, {static_cast<int64_t>(names.size()), width});
}

Tensor WeightLoader::matrix(const std::string& name, int64_t out, int64_t in) {
  const DType dtype = read_matrix(name, out, in);
  return device_.upload_matrix(*queue_, bytes_.data(), dtype, {out, in});
}

Tensor WeightLoader::table(const std::string& name, int64_t rows, int64_t columns) {
  const DType dtype = read_matrix(name, rows, columns);
  return send(bytes_.data(), dtype, {rows, columns});
}

Tensor WeightLoader::transposed(const std::string& name, int64_t out, int64_t in) {
  const DType dtype = read_matrix(name, in, out);
  transpose(bytes_, in, out, gpu::dtype_size(dtype), transposed_);
  return device_.upload_matrix(*queue_, transposed_.data(), dtype, {out, in});
}

LayerWeights WeightLoader::block(const std::string& block, const Config& c, bool has_value_gate) {
  const std::string att = block + "att.", ffn = block + "ffn.";
  const int64_t width = c.width;
  LayerWeights w;
  w.ln1_weight = vector(block + "ln1.weight", {width});
  w.ln1_bias = vector(block + "ln1.bias", {width});
  w.ln2_weight = vector(block + "ln2.weight", {width});
  w.ln2_bias = vector(block + "ln2.bias", {width});
  w.att_mix =
      rows({att + "x_r", att + "x_w", att + "x_k", att + "x_v", att + "x_a", att + "x_g"}, width);
  w.w0 = vector(att + "w0", {width});
  w.a0 = vector(att + "a0", {width});
  w.k_k = vector(att + "k_k", {width});
  w.k_a = vector(att + "k_a", {width});
  w.r_k = vector(att + "r_k", {c.heads, c.head_size});
  w.w1 = transposed(att + "w1", c.decay_rank, width);
  w.w2 = transposed(att + "w2", width, c.decay_rank);
  w.a1 = transposed(att + "a1", c.alpha_rank, width);
  w.a2 = transposed(att + "a2", width, c.alpha_rank);
  if (has_value_gate) {
    w.v0 = vector(att + "v0", {width});
    w.v1 = transposed(att + "v1", c.value_rank, width);
    w.v2 = transposed(att + "v2", width, c.value_rank);
  }
  w.g1 = transposed(att + "g1", c.gate_rank, width);
  w.g2 = transposed(att + "g2", width, c.gate_rank);
  w.receptance = matrix(att + "receptance.weight", width, width);
  w.key = matrix(att + "key.weight", width, width);
  w.value = matrix(att + "value.weight", width, width);
  w.output = matrix(att + "output.weight", width, width);
  w.ln_x_weight = vector(att + "ln_x.weight", {width});
  w.ln_x_bias = vector(att + "ln_x.bias", {width});
  w.ffn_mix = vector(ffn + "x_k", {1, width});
  w.ffn_key = matrix(ffn + "key.weight", c.ffn_width, width);
  w.ffn_value = matrix(ffn + "value.weight", width, c.ffn_width);
  return w;
}

const TensorInfo& WeightLoader::find(const std::string& name) const {
  const TensorInfo* info = reader_.find(name);
  if (info == nullptr) refuse(name, "is missing");
  return *info;
}

DType WeightLoader::read_matrix(const std::string& name, int64_t rows, int64_t columns) {
  const TensorInfo& info = find(name);
  const Shape expected{rows, columns};
  if (info.shape != expected) {
    refuse(name, fmt::format("has shape {}, expected {}", info.shape.text(), expected.text()));
  }
  const DType dtype = info.dtype;
  bytes_.resize(info.size_bytes);
  if (Status status = reader_.read(info, bytes_); !status) throw LoadFailure{status.error()};
  advance(info.size_bytes);
  return dtype;
}

Tensor WeightLoader::send(const void* host, DType dtype, const Shape& shape) {
  Tensor tensor = device_.allocate(dtype, shape);
  device_.upload(*queue_, host, tensor);
  queue_->wait();  // the host buffer is used again
  return tensor;
}

void WeightLoader::advance(uint64_t bytes) {
  bytes_done_ += bytes;
  if (progress_ && !progress_(bytes_done_, bytes_total_)) {
    throw LoadFailure{Error{ErrorCode::Cancelled, "loading was cancelled"}};
  }
}

}  // namespace greylag
