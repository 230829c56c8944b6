// SPDX-License-Identifier: Apache-2.0
// make_checkpoint --shape 0.1B|0.4B|1.5B|2.9B --type f16 OUT: an RWKV-7 with random weights in the
// shape of a published model, so that sizes and speeds can be measured without one. Shapes and
// ranks: facts inference 3.3. OUT ends in .pth or .safetensors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>

#include "core/checkpoint/writer.h"

namespace greylag {
namespace {

struct ModelShape {
  const char* name;
  int64_t layers, width;
  int64_t decay_rank, alpha_rank, value_rank, gate_rank;
};

constexpr ModelShape kShapes[] = {{"0.1B", 12, 768, 64, 64, 32, 128},
                                  {"0.4B", 24, 1024, 64, 64, 32, 128},
                                  {"1.5B", 24, 2048, 96, 96, 64, 256},
                                  {"2.9B", 32, 2560, 96, 96, 64, 320}};
constexpr int64_t kVocabulary = 65536;

// A tensor is uniform in [low, high].
struct Range {
  double low, high;
};

class Model {
 public:
  Model(const ModelShape& shape, gpu::DType dtype) : s_(shape), dtype_(dtype) {
    add("emb.weight", {kVocabulary, s_.width}, {-1, 1});
    for (int64_t layer = 0; layer < s_.layers; ++layer) add_layer(layer);
    add_norm("ln_out");
    add_linear("head.weight", kVocabulary, s_.width);
  }
  const std::vector<TensorInfo>& infos() const { return infos_; }
  // Random bits four numbers at a time: the speed of a disk matters more than their quality.
  Status fill(const TensorInfo& info, std::span<std::byte> out) const {
    const auto index = static_cast<size_t>(&info - infos_.data());
    const Range range = ranges_[index];
    uint64_t state = 0x9E3779B97F4A7C15u * (index + 1);
    std::vector<float> row(4096);
    const size_t item = gpu::dtype_size(info.dtype);
    const auto scale = static_cast<float>((range.high - range.low) / 65536.0);
    const auto low = static_cast<float>(range.low);
    for (size_t done = 0; done < out.size(); done += row.size() * item) {
      row.resize(std::min(row.size(), (out.size() - done) / item));
      for (size_t i = 0; i < row.size(); i += 4) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        for (size_t j = i; j < std::min(i + 4, row.size()); ++j) {
          row[j] = low + scale * static_cast<float>(state >> 16 * (j - i) & 0xFFFF);
        }
      }
      gpu::convert(row.data(), gpu::DType::F32, out.data() + done, info.dtype,
                   static_cast<int64_t>(row.size()));
    }
    return {};
  }

 private:
  void add(const std::string& name, const gpu::Shape& shape, const Range& range) {
    infos_.push_back({name, dtype_, shape, gpu::size_bytes(dtype_, shape)});
    ranges_.push_back(range);
  }
  void add_norm(const std::string& name) {
    add(name + ".weight", {s_.width}, {0.8, 1.2});
    add(name + ".bias", {s_.width}, {-0.1, 0.1});
  }
  // Products keep the size of their input.
  void add_linear(const std::string& name, int64_t out, int64_t in) {
    const double most = std::sqrt(3.0 / static_cast<double>(in));
    add(name, {out, in}, {-most, most});
  }
  void add_low_rank(const std::string& prefix, int64_t rank) {
    add_linear(prefix + "1", s_.width, rank);
    add_linear(prefix + "2", rank, s_.width);
  }
  void add_layer(int64_t layer) {
    const std::string block = fmt::format("blocks.{}.", layer), att = block + "att.";
    const gpu::Shape row{1, 1, s_.width};
    if (layer == 0) add_norm(block + "ln0");
    add_norm(block + "ln1");
    add_norm(block + "ln2");
    for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"})
      add(att + name, row, {0, 1});
    add(att + "w0", row, {-4, 2});
    add_low_rank(att + "w", s_.decay_rank);
    add(att + "a0", row, {-0.5, 0.5});
    add_low_rank(att + "a", s_.alpha_rank);
    if (layer > 0) {
      add(att + "v0", row, {0.2, 1});
      add_low_rank(att + "v", s_.value_rank);
    }
    add_low_rank(att + "g", s_.gate_rank);
    add(att + "k_k", row, {0.6, 0.9});
    add(att + "k_a", row, {0.9, 1.1});
    add(att + "r_k", {s_.width / 64, 64}, {-0.2, 0.2});
    for (const char* name : {"receptance", "key", "value", "output"}) {
      add_linear(att + name + ".weight", s_.width, s_.width);
    }
    add_norm(att + "ln_x");
    add(block + "ffn.x_k", row, {0, 1});
    add_linear(block + "ffn.key.weight", 4 * s_.width, s_.width);
    add_linear(block + "ffn.value.weight", s_.width, 4 * s_.width);
  }

  ModelShape s_;
  gpu::DType dtype_;
  std::vector<TensorInfo> infos_;
  std::vector<Range> ranges_;
};

Status make(const std::string& shape_name, const std::string& type,
            const std::filesystem::path& out) {
  const ModelShape* shape = std::ranges::find(kShapes, shape_name, &ModelShape::name);
  const auto dtype = gpu::dtype_by_name(type);
  if (shape == std::end(kShapes) || !dtype ||
      (*dtype != gpu::DType::F32 && *dtype != gpu::DType::F16 && *dtype != gpu::DType::BF16)) {
    return Error{ErrorCode::InvalidArgument,
                 "shapes are 0.1B, 0.4B, 1.5B and 2.9B; types are f32, f16 and bf16"};
  }
  const Model model(*shape, *dtype);
  const TensorSource source = [&model](const TensorInfo& info, std::span<std::byte> bytes) {
    return model.fill(info, bytes);
  };
  if (out.extension() == ".pth") return write_pth(out, model.infos(), source);
  return write_safetensors(out, model.infos(), {{"format", "pt"}}, source);
}

}  // namespace
}  // namespace greylag

int main(int argc, char** argv) {
  CLI::App app("make_checkpoint: a model of real shape with random weights");
  std::string shape, type = "f16";
  std::filesystem::path out;
  app.add_option("--shape", shape, "0.1B, 0.4B, 1.5B or 2.9B")->required();
  app.add_option("--type", type, "f32, f16 or bf16");
  app.add_option("out", out, ".pth or .safetensors")->required();
  CLI11_PARSE(app, argc, argv);
  const greylag::Status made = greylag::make(shape, type, out);
  if (made) return 0;
  std::cerr << "make_checkpoint: " << made.error().message << '\n';
  return 1;
}
