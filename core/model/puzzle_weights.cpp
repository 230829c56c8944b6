// SPDX-License-Identifier: Apache-2.0
// Loads tensor by tensor, by our name or the published one. read_puzzle_config has checked that
// every tensor is there in its shape, so that only reading can fail here.
#include "core/model/puzzle_weights.h"

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <string>

namespace greylag {

namespace {

using gpu::DType;
using gpu::Shape;
using gpu::Tensor;

// Carries an Error out of the nest of assignments.
struct LoadFailure {
  Error error;
};

class Loader {
 public:
  Loader(CheckpointReader& reader, const PuzzleConfig& config, gpu::Device& device)
      : reader_(reader), config_(config), device_(device), queue_(device.make_queue()) {}

  std::vector<float> floats(const std::string& name) {
    Result<std::vector<float>> values = reader_.read_f32(find(name).name);
    if (!values) throw LoadFailure{values.error()};
    return std::move(values).value();
  }

  Tensor vector(const std::string& name, const Shape& shape) {
    return send(floats(name).data(), DType::F32, shape);
  }

  // One row of `width` per name: [names, width].
  Tensor rows(const std::string& prefix, std::initializer_list<const char*> names, int64_t width) {
    std::vector<float> all;
    for (const char* name : names) {
      const std::vector<float> row = floats(prefix + name);
      all.insert(all.end(), row.begin(), row.end());
    }
    return send(all.data(), DType::F32, {static_cast<int64_t>(names.size()), width});
  }

  // For what is read row by row.
  Tensor table(const std::string& name) {
    const TensorInfo& info = read(name);
    return send(bytes_.data(), info.dtype, info.shape);
  }

  Tensor matrix(const std::string& name) {
    const TensorInfo& info = read(name);
    return device_.upload_matrix(*queue_, bytes_.data(), info.dtype, info.shape);
  }

  // [in, out] in the file, [out, in] on the device.
  Tensor transposed(const std::string& name) {
    const TensorInfo& info = read(name);
    const int64_t rows = info.shape[0], columns = info.shape[1];
    const size_t item = gpu::dtype_size(info.dtype);
    std::vector<std::byte> turned(bytes_.size());
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        std::memcpy(turned.data() + static_cast<size_t>(c * rows + r) * item,
                    bytes_.data() + static_cast<size_t>(r * columns + c) * item, item);
      }
    }
    return device_.upload_matrix(*queue_, turned.data(), info.dtype, {columns, rows});
  }

 private:
  const TensorInfo& find(const std::string& name) const {
    const TensorInfo* info = find_puzzle_tensor(reader_, config_, name);
    if (info == nullptr) {
      throw LoadFailure{Error{ErrorCode::BadFile, name + ": this tensor is missing"}};
    }
    return *info;
  }

  const TensorInfo& read(const std::string& name) {
    const TensorInfo& info = find(name);
    bytes_.resize(info.size_bytes);
    if (Status status = reader_.read(info, bytes_); !status) throw LoadFailure{status.error()};
    return info;
  }

  Tensor send(const void* host, DType dtype, const Shape& shape) {
    Tensor tensor = device_.allocate(dtype, shape);
    device_.upload(*queue_, host, tensor);
    queue_->wait();  // the host buffer is used again
    return tensor;
  }

  CheckpointReader& reader_;
  const PuzzleConfig& config_;
  gpu::Device& device_;
  std::unique_ptr<gpu::Queue> queue_;
  std::vector<std::byte> bytes_;
};

PuzzleBlock::TimeMix load_time_mix(Loader& loader, const PuzzleConfig& c, const std::string& mix,
                                   bool is_first) {
  const int64_t width = c.width;
  PuzzleBlock::TimeMix w;
  w.mix = loader.rows(mix, {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"}, width);
  w.w0 = loader.vector(mix + "w0", {width});
  w.a0 = loader.vector(mix + "a0", {width});
  w.k_k = loader.vector(mix + "k_k", {width});
  w.k_a = loader.vector(mix + "k_a", {width});
  w.r_k = loader.vector(mix + "r_k", {c.heads, width / c.heads});
  w.w1 = loader.transposed(mix + "w1");
  w.w2 = loader.transposed(mix + "w2");
  w.a1 = loader.transposed(mix + "a1");
  w.a2 = loader.transposed(mix + "a2");
  w.g1 = loader.transposed(mix + "g1");
  w.g2 = loader.transposed(mix + "g2");
  if (!is_first) {  // block 0 makes v_first and has no gate
    w.v0 = loader.vector(mix + "v0", {width});
    w.v1 = loader.transposed(mix + "v1");
    w.v2 = loader.transposed(mix + "v2");
  }
  w.receptance = loader.matrix(mix + "receptance.weight");
  w.key = loader.matrix(mix + "key.weight");
  w.value = loader.matrix(mix + "value.weight");
  w.output = loader.matrix(mix + "output.weight");
  w.ln_x_weight = loader.vector(mix + "ln_x.weight", {width});
  w.ln_x_bias = loader.vector(mix + "ln_x.bias", {width});
  return w;
}

PuzzleBlock load_block(Loader& loader, const PuzzleConfig& c, const std::string& block,
                       bool is_first) {
  const std::string mix = block + "mix.", ff = block + "ff.";
  PuzzleBlock w;
  switch (c.mixer) {
    case PuzzleMixer::Attention:
      w.qkv = loader.matrix(mix + "qkv.weight");
      w.out = loader.matrix(mix + "out.weight");
      break;
    case PuzzleMixer::Mlp:
      w.mixer.gate_up = loader.matrix(mix + "gate_up.weight");
      w.mixer.down = loader.matrix(mix + "down.weight");
      break;
    case PuzzleMixer::Rwkv7:
      w.time_mix = load_time_mix(loader, c, mix, is_first);
      break;
  }
  if (c.feed_forward == PuzzleFeedForward::SwiGlu) {
    w.feed_forward.gate_up = loader.matrix(ff + "gate_up.weight");
    w.feed_forward.down = loader.matrix(ff + "down.weight");
  } else {
    w.channel_mix.mix = loader.rows(ff, {"x_k"}, c.width);
    w.channel_mix.key = loader.matrix(ff + "key.weight");
    w.channel_mix.value = loader.matrix(ff + "value.weight");
  }
  return w;
}

std::vector<PuzzleBlock> load_module(Loader& loader, const PuzzleConfig& c, char module) {
  std::vector<PuzzleBlock> blocks;
  for (int64_t block = 0; block < c.blocks; ++block) {
    const std::string prefix = fmt::format("puz.{}.blocks.{}.", module, block);
    blocks.push_back(load_block(loader, c, prefix, block == 0));
  }
  return blocks;
}

}  // namespace

Result<std::shared_ptr<const PuzzleWeights>> PuzzleWeights::load(CheckpointReader& reader,
                                                                 gpu::Device& device) {
  Result<PuzzleConfig> config = read_puzzle_config(reader);
  if (!config) return config.error();
  try {
    Loader loader(reader, *config, device);
    auto weights = std::make_shared<PuzzleWeights>();
    weights->config = *config;
    weights->embedding = loader.table("puz.emb.weight");
    weights->puzzles = loader.table("puz.id.weight");
    weights->head = loader.matrix("puz.head.weight");
    if (config->has_positions) weights->positions = loader.floats("puz.pos.weight");
    weights->z_high = loader.floats("puz.zH0");
    weights->z_low = loader.floats("puz.zL0");
    weights->q_weight = loader.floats("puz.q.weight");
    weights->q_bias = loader.floats("puz.q.bias");
    if (!config->is_shared) weights->high = load_module(loader, *config, 'H');
    weights->low = load_module(loader, *config, config->is_shared ? 'F' : 'L');
    return std::shared_ptr<const PuzzleWeights>(std::move(weights));
  } catch (const LoadFailure& failure) {
    return failure.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace,
                 fmt::format("not enough memory on {} for this model", device.info().id)};
  }
}

}  // namespace greylag
