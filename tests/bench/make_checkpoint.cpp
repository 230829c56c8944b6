// SPDX-License-Identifier: Apache-2.0
// make_checkpoint --shape 0.1B|0.4B|1.5B|2.9B --type f16 [--density P] OUT: an RWKV-7 with random
// weights in the shape of a published model, so that sizes and speeds can be measured without one.
// Shapes and ranks: facts inference 3.3. With P, about P percent of the channel mix's activations
// max(h, 0)^2 are not zero (else half of them); density_check counts. OUT ends in .pth or
// .safetensors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

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

// A tensor is uniform in [low, high], plus tilt * sign(column). The signs, one per column of width
// C, are the same in all tensors: a direction of unit length when divided by sqrt(C).
struct Range {
  double low, high;
  double tilt = 0;
};
float sign(int64_t column) {
  return ((static_cast<uint64_t>(column) + 1) * 0x9E3779B97F4A7C15u >> 40 & 1) != 0 ? 1 : -1;
}

// x with Phi(-x) = share, Phi the normal distribution.
double normal_quantile(double share) {
  double low = -10, high = 10;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) / 2 > share ? low : high) = middle;
  }
  return low;
}

// How a share of h = ffn.key z is kept above zero. z = ln2(x) has entries of variance s^2 and a
// bias of kBiasTilt * sign; a row of ffn.key is random with variance 1/C, plus c * sign. Then h is
// normal with mean c C kBiasTilt and variance s^2 + kBiasTilt^2, whatever x is: c sets the share.
// The token shift is off there (ffn.x_k = 0), for it would change s by how alike tokens are.
constexpr double kBiasTilt = 0.5;
constexpr Range kNormWeight{0.8, 1.2}, kNormBias{-0.1, 0.1};
double second_moment(const Range& range) {
  const double middle = (range.low + range.high) / 2, width = range.high - range.low;
  return middle * middle + width * width / 12;
}
double key_tilt(double density, int64_t width) {
  const double deviation =
      std::sqrt(second_moment(kNormWeight) + second_moment(kNormBias) + kBiasTilt * kBiasTilt);
  return -normal_quantile(density) * deviation / (static_cast<double>(width) * kBiasTilt);
}

class Model {
 public:
  // density: share of nonzero activations in the channel mix.
  Model(const ModelShape& shape, gpu::DType dtype, std::optional<double> density)
      : s_(shape), dtype_(dtype), density_(density) {
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
      const auto begin = static_cast<int64_t>(done / item);
      const auto tilt = static_cast<float>(range.tilt);
      for (size_t i = 0; i < row.size(); i += 4) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        for (size_t j = i; j < std::min(i + 4, row.size()); ++j) {
          row[j] = low + scale * static_cast<float>(state >> 16 * (j - i) & 0xFFFF);
          if (tilt != 0) row[j] += tilt * sign((begin + static_cast<int64_t>(j)) % s_.width);
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
  void add_norm(const std::string& name, double bias_tilt = 0) {
    add(name + ".weight", {s_.width}, kNormWeight);
    add(name + ".bias", {s_.width}, {kNormBias.low, kNormBias.high, bias_tilt});
  }
  // Products keep the size of their input.
  void add_linear(const std::string& name, int64_t out, int64_t in, double tilt = 0) {
    const double most = std::sqrt(3.0 / static_cast<double>(in));
    add(name, {out, in}, {-most, most, tilt});
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
    add_norm(block + "ln2", density_ ? kBiasTilt : 0);
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
    add(block + "ffn.x_k", row, {0, density_ ? 0.0 : 1.0});
    add_linear(block + "ffn.key.weight", 4 * s_.width, s_.width,
               density_ ? key_tilt(*density_, s_.width) : 0);
    add_linear(block + "ffn.value.weight", s_.width, 4 * s_.width);
  }

  ModelShape s_;
  gpu::DType dtype_;
  std::optional<double> density_;
  std::vector<TensorInfo> infos_;
  std::vector<Range> ranges_;
};

Status make(const std::string& shape_name, const std::string& type,
            std::optional<double> density_percent, const std::filesystem::path& out) {
  const ModelShape* shape = std::ranges::find(kShapes, shape_name, &ModelShape::name);
  const auto dtype = gpu::dtype_by_name(type);
  if (shape == std::end(kShapes) || !dtype ||
      (*dtype != gpu::DType::F32 && *dtype != gpu::DType::F16 && *dtype != gpu::DType::BF16)) {
    return Error{ErrorCode::InvalidArgument,
                 "shapes are 0.1B, 0.4B, 1.5B and 2.9B; types are f32, f16 and bf16"};
  }
  std::optional<double> density;
  if (density_percent) density = *density_percent / 100;
  const Model model(*shape, *dtype, density);
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
  std::optional<double> density;
  std::filesystem::path out;
  app.add_option("--shape", shape, "0.1B, 0.4B, 1.5B or 2.9B")->required();
  app.add_option("--type", type, "f32, f16 or bf16");
  app.add_option("--density", density, "percent of nonzero channel-mix activations")
      ->check(CLI::Range(0.1, 99.9));
  app.add_option("out", out, ".pth or .safetensors")->required();
  CLI11_PARSE(app, argc, argv);
  const greylag::Status made = greylag::make(shape, type, density, out);
  if (made) return 0;
  std::cerr << "make_checkpoint: " << made.error().message << '\n';
  return 1;
}
