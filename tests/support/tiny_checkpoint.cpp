// SPDX-License-Identifier: Apache-2.0
// Matrices are uniform with variance 1 / in (products keep the size of their input); the others
// stay near the values that training starts from.
#include "tests/support/tiny_checkpoint.h"

#include <cmath>

#include "core/base/random.h"
#include "core/checkpoint/writer.h"

namespace greylag::test {

namespace {

class Builder {
 public:
  explicit Builder(const TinyCheckpoint& options) : o_(options) {}
  std::vector<TinyTensor> build();

 private:
  // Uniform in [low, high]; every tensor has a random stream of its own.
  void add(const std::string& name, gpu::Shape shape, double low, double high) {
    CounterRandom random(o_.seed, tensors_.size());
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& value : values) {
      value = static_cast<float>(low + (high - low) * random.uniform());
    }
    tensors_.push_back(make_tensor(name, shape, std::move(values), o_.dtype));
  }
  // Uniform with the given standard deviation.
  void add_spread(const std::string& name, gpu::Shape shape, double deviation) {
    add(name, shape, -deviation * std::sqrt(3.0), deviation * std::sqrt(3.0));
  }
  void add_norm(const std::string& name) {
    add(name + ".weight", {o_.width}, 0.8, 1.2);
    add(name + ".bias", {o_.width}, -0.1, 0.1);
  }
  void add_low_rank(const std::string& prefix, double gain) {
    add_spread(prefix + "1", {o_.width, o_.rank}, 1 / std::sqrt(static_cast<double>(o_.width)));
    add_spread(prefix + "2", {o_.rank, o_.width}, gain / std::sqrt(static_cast<double>(o_.rank)));
  }
  void add_linear(const std::string& name, int64_t out, int64_t in, double gain) {
    add_spread(name + ".weight", {out, in}, gain / std::sqrt(static_cast<double>(in)));
  }
  void add_time_mix(int64_t layer);
  void add_channel_mix(int64_t layer);

  TinyCheckpoint o_;
  std::vector<TinyTensor> tensors_;
};

void Builder::add_time_mix(int64_t layer) {
  const std::string att = "blocks." + std::to_string(layer) + ".att.";
  const gpu::Shape row{1, 1, o_.width};
  for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"}) add(att + name, row, 0, 1);
  add(att + "w0", row, -4, 2);
  add_low_rank(att + "w", 0.5);
  add(att + "a0", row, -0.5, 0.5);
  add_low_rank(att + "a", 0.5);
  if (layer > 0 || o_.has_first_value_gate) {
    add(att + "v0", row, 0.2, 1);
    add_low_rank(att + "v", 0.5);
  }
  add_low_rank(att + "g", 1.5);
  add(att + "k_k", row, 0.6, 0.9);
  add(att + "k_a", row, 0.9, 1.1);
  add(att + "r_k", {o_.width / 64, 64}, -0.2, 0.2);
  add_linear(att + "receptance", o_.width, o_.width, 1);
  add_linear(att + "key", o_.width, o_.width, 0.5);
  add_linear(att + "value", o_.width, o_.width, 1);
  add_linear(att + "output", o_.width, o_.width, 0.7);
  add_norm(att + "ln_x");
}

void Builder::add_channel_mix(int64_t layer) {
  const std::string ffn = "blocks." + std::to_string(layer) + ".ffn.";
  add(ffn + "x_k", {1, 1, o_.width}, 0, 1);
  add_linear(ffn + "key", 4 * o_.width, o_.width, 1);
  add_linear(ffn + "value", o_.width, 4 * o_.width, 0.5);
}

std::vector<TinyTensor> Builder::build() {
  add("emb.weight", {o_.vocab, o_.width}, -1, 1);
  for (int64_t layer = 0; layer < o_.layers; ++layer) {
    const std::string block = "blocks." + std::to_string(layer) + ".";
    if (layer == 0) add_norm(block + "ln0");
    add_norm(block + "ln1");
    add_norm(block + "ln2");
    add_time_mix(layer);
    add_channel_mix(layer);
  }
  add_norm("ln_out");
  add_linear("head", o_.vocab, o_.width, 1);
  return std::move(tensors_);
}

}  // namespace

TinyTensor make_tensor(std::string name, gpu::Shape shape, std::vector<float> values,
                       gpu::DType dtype) {
  const uint64_t size_bytes = values.size() * gpu::dtype_size(dtype);
  return {{std::move(name), dtype, shape, size_bytes}, std::move(values)};
}

std::vector<TinyTensor> make_tiny_tensors(const TinyCheckpoint& options) {
  return Builder(options).build();
}

Status write_tensors(const std::filesystem::path& path, const std::vector<TinyTensor>& tensors) {
  std::vector<TensorInfo> infos;
  for (const TinyTensor& tensor : tensors) infos.push_back(tensor.info);
  size_t next = 0;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    const std::vector<float>& values = tensors[next++].values;
    if (values.empty()) return {};
    gpu::convert(values.data(), gpu::DType::F32, out.data(), info.dtype,
                 static_cast<int64_t>(values.size()));
    return {};
  };
  if (path.extension() == ".pth") return write_pth(path, infos, source);
  return write_safetensors(path, infos, {}, source);
}

Status write_tiny_checkpoint(const std::filesystem::path& path, const TinyCheckpoint& options) {
  return write_tensors(path, make_tiny_tensors(options));
}

}  // namespace greylag::test
