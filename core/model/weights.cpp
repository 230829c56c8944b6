// SPDX-License-Identifier: Apache-2.0
// Loads tensor by tensor, each checked against the shape that the config implies; the low-rank
// matrices are transposed so that every product is matmul(x, W[out, in]).
#include "core/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <string>

namespace greylag {
namespace {

using gpu::DType;
using gpu::Shape;
using gpu::Tensor;

// Carries an Error out of the nest of assignments in load_layer.
struct LoadFailure {
  Error error;
};

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

class Loader {
 public:
  Loader(CheckpointReader& reader, gpu::Device& device,
         const std::function<bool(uint64_t, uint64_t)>& progress)
      : reader_(reader), device_(device), queue_(device.make_queue()), progress_(progress) {
    for (const TensorInfo& info : reader.tensors()) bytes_total_ += info.size_bytes;
  }

  // f32 values of `elements` numbers, whatever the leading ones of the shape.
  std::vector<float> floats(const std::string& name, int64_t elements) {
    const TensorInfo& info = find(name);
    if (info.shape.elements() != elements) {
      refuse(name, fmt::format("has shape {}, expected {} numbers", info.shape.text(), elements));
    }
    Result<std::vector<float>> values = reader_.read_f32(name);
    if (!values) throw LoadFailure{values.error()};
    advance(info.size_bytes);
    return std::move(values).value();
  }

  Tensor vector(const std::string& name, const Shape& shape) {
    return send(floats(name, shape.elements()).data(), DType::F32, shape);
  }

  // One row of `width` per name: [names, width].
  Tensor rows(const std::vector<std::string>& names, int64_t width) {
    std::vector<float> all;
    for (const std::string& name : names) {
      const std::vector<float> row = floats(name, width);
      all.insert(all.end(), row.begin(), row.end());
    }
    return send(all.data(), DType::F32, {static_cast<int64_t>(names.size()), width});
  }

  // [out, in] in the file's dtype, block formats too.
  Tensor matrix(const std::string& name, int64_t out, int64_t in) {
    const DType dtype = read_matrix(name, out, in);
    return device_.upload_matrix(*queue_, bytes_.data(), dtype, {out, in});
  }

  // [rows, columns] as it is in the file: for what is read row by row.
  Tensor table(const std::string& name, int64_t rows, int64_t columns) {
    const DType dtype = read_matrix(name, rows, columns);
    return send(bytes_.data(), dtype, {rows, columns});
  }

  // [in, out] in the file, [out, in] on the device.
  Tensor transposed(const std::string& name, int64_t out, int64_t in) {
    const DType dtype = read_matrix(name, in, out);
    transpose(bytes_, in, out, gpu::dtype_size(dtype), transposed_);
    return device_.upload_matrix(*queue_, transposed_.data(), dtype, {out, in});
  }

 private:
  [[noreturn]] static void refuse(const std::string& name, const std::string& rule) {
    throw LoadFailure{Error{ErrorCode::BadFile, fmt::format("tensor {}: {}", name, rule)}};
  }

  const TensorInfo& find(const std::string& name) const {
    const TensorInfo* info = reader_.find(name);
    if (info == nullptr) refuse(name, "is missing");
    return *info;
  }

  DType read_matrix(const std::string& name, int64_t rows, int64_t columns) {
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

  Tensor send(const void* host, DType dtype, const Shape& shape) {
    Tensor tensor = device_.allocate(dtype, shape);
    device_.upload(*queue_, host, tensor);
    queue_->wait();  // the host buffer is used again
    return tensor;
  }

  void advance(uint64_t bytes) {
    bytes_done_ += bytes;
    if (progress_ && !progress_(bytes_done_, bytes_total_)) {
      throw LoadFailure{Error{ErrorCode::Cancelled, "loading was cancelled"}};
    }
  }

  CheckpointReader& reader_;
  gpu::Device& device_;
  std::unique_ptr<gpu::Queue> queue_;
  const std::function<bool(uint64_t, uint64_t)>& progress_;
  uint64_t bytes_done_ = 0, bytes_total_ = 0;
  std::vector<std::byte> bytes_, transposed_;
};

LayerWeights load_layer(Loader& loader, const Config& c, int64_t layer) {
  const std::string block = fmt::format("blocks.{}.", layer);
  const std::string att = block + "att.", ffn = block + "ffn.";
  const int64_t width = c.width;
  LayerWeights w;
  w.ln1_weight = loader.vector(block + "ln1.weight", {width});
  w.ln1_bias = loader.vector(block + "ln1.bias", {width});
  w.ln2_weight = loader.vector(block + "ln2.weight", {width});
  w.ln2_bias = loader.vector(block + "ln2.bias", {width});
  w.att_mix = loader.rows(
      {att + "x_r", att + "x_w", att + "x_k", att + "x_v", att + "x_a", att + "x_g"}, width);
  w.w0 = loader.vector(att + "w0", {width});
  w.a0 = loader.vector(att + "a0", {width});
  w.k_k = loader.vector(att + "k_k", {width});
  w.k_a = loader.vector(att + "k_a", {width});
  w.r_k = loader.vector(att + "r_k", {c.heads, c.head_size});
  w.w1 = loader.transposed(att + "w1", c.decay_rank, width);
  w.w2 = loader.transposed(att + "w2", width, c.decay_rank);
  w.a1 = loader.transposed(att + "a1", c.alpha_rank, width);
  w.a2 = loader.transposed(att + "a2", width, c.alpha_rank);
  if (layer > 0) {  // layer 0 makes v_first and has no gate; copies in the file are unused
    w.v0 = loader.vector(att + "v0", {width});
    w.v1 = loader.transposed(att + "v1", c.value_rank, width);
    w.v2 = loader.transposed(att + "v2", width, c.value_rank);
  }
  w.g1 = loader.transposed(att + "g1", c.gate_rank, width);
  w.g2 = loader.transposed(att + "g2", width, c.gate_rank);
  w.receptance = loader.matrix(att + "receptance.weight", width, width);
  w.key = loader.matrix(att + "key.weight", width, width);
  w.value = loader.matrix(att + "value.weight", width, width);
  w.output = loader.matrix(att + "output.weight", width, width);
  w.ln_x_weight = loader.vector(att + "ln_x.weight", {width});
  w.ln_x_bias = loader.vector(att + "ln_x.bias", {width});
  w.ffn_mix = loader.vector(ffn + "x_k", {1, width});
  w.ffn_key = loader.matrix(ffn + "key.weight", c.ffn_width, width);
  w.ffn_value = loader.matrix(ffn + "value.weight", width, c.ffn_width);
  return w;
}

// All layers, zero where one has none; empty when no layer has one.
std::vector<float> load_time_state(Loader& loader, const CheckpointReader& reader,
                                   const Config& c) {
  const int64_t one = c.heads * c.head_size * c.head_size;
  std::vector<float> state;
  for (int64_t layer = 0; layer < c.layers; ++layer) {
    const std::string name = fmt::format("blocks.{}.att.time_state", layer);
    if (reader.find(name) == nullptr) continue;
    state.resize(static_cast<size_t>(c.layers * one), 0.0f);
    std::ranges::copy(loader.floats(name, one), state.begin() + layer * one);
  }
  return state;
}

}  // namespace

Result<std::shared_ptr<const Weights>> Weights::load(
    CheckpointReader& reader, gpu::Device& device,
    const std::function<bool(uint64_t, uint64_t)>& progress) {
  Result<Config> config = read_config(reader);
  if (!config) return config.error();
  try {
    Loader loader(reader, device, progress);
    auto weights = std::make_shared<Weights>();
    weights->config = *config;
    const int64_t width = config->width, vocab = config->vocab;
    weights->embedding = loader.table("emb.weight", vocab, width);
    weights->ln0_weight = loader.vector("blocks.0.ln0.weight", {width});
    weights->ln0_bias = loader.vector("blocks.0.ln0.bias", {width});
    weights->layers.reserve(static_cast<size_t>(config->layers));
    for (int64_t layer = 0; layer < config->layers; ++layer) {
      weights->layers.push_back(load_layer(loader, *config, layer));
    }
    weights->ln_out_weight = loader.vector("ln_out.weight", {width});
    weights->ln_out_bias = loader.vector("ln_out.bias", {width});
    weights->head = loader.matrix("head.weight", vocab, width);
    weights->time_state = load_time_state(loader, reader, *config);
    return std::shared_ptr<const Weights>(std::move(weights));
  } catch (const LoadFailure& failure) {
    return failure.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace,
                 fmt::format("not enough memory on {} for this model", device.info().id)};
  }
}

const char* adapter_target_name(AdapterTarget target) {
  switch (target) {
    case AdapterTarget::Receptance:
      return "att.receptance";
    case AdapterTarget::Key:
      return "att.key";
    case AdapterTarget::Value:
      return "att.value";
    case AdapterTarget::Output:
      return "att.output";
    case AdapterTarget::FfnKey:
      return "ffn.key";
    case AdapterTarget::FfnValue:
      return "ffn.value";
  }
  return "";
}

}  // namespace greylag
