// SPDX-License-Identifier: Apache-2.0
#include "core/train/initial_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <vector>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/checkpoint/writer.h"
#include "core/model/config.h"

namespace greylag::train {

namespace {

constexpr int64_t kHeadSize = 64;

double gaussian(CounterRandom& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

// v -= (v . unit) unit
void subtract_projection(std::vector<double>& v, const std::vector<double>& unit) {
  double dot = 0;
  for (size_t c = 0; c < v.size(); ++c) dot += v[c] * unit[c];
  for (size_t c = 0; c < v.size(); ++c) v[c] -= dot * unit[c];
}

// Gram-Schmidt, twice for accuracy, over Gaussian vectors: the Q of a QR whose R has a positive
// diagonal. Orthonormal along the shorter side, times gain.
std::vector<float> orthogonal(int64_t rows, int64_t cols, double gain, CounterRandom& random) {
  const auto count = static_cast<size_t>(std::min(rows, cols));
  const auto length = static_cast<size_t>(std::max(rows, cols));
  std::vector<std::vector<double>> basis(count, std::vector<double>(length));
  for (size_t i = 0; i < count; ++i) {
    std::vector<double>& v = basis[i];
    for (double& x : v) x = gaussian(random);
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t j = 0; j < i; ++j) subtract_projection(v, basis[j]);
    }
    double square = 0;
    for (const double x : v) square += x * x;
    const double scale = 1.0 / std::sqrt(square);
    for (double& x : v) x *= scale;
  }
  std::vector<float> out(count * length);
  const bool is_tall = rows >= cols;  // columns are the basis
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < length; ++c) {
      out[is_tall ? c * count + i : i * length + c] = static_cast<float>(gain * basis[i][c]);
    }
  }
  return out;
}

struct Entry {
  std::string name;
  gpu::Shape shape;
  std::function<std::vector<float>(CounterRandom&)> fill;
};

class Plan {
 public:
  explicit Plan(const InitialModel& o) : o_(o), width_(o.width) {
    const double c = static_cast<double>(width_), v = static_cast<double>(o.vocab);
    entries_.push_back({"emb.weight", {o.vocab, width_}, [this](CounterRandom& random) {
                          std::vector<float> out(static_cast<size_t>(o_.vocab * width_));
                          for (float& x : out) {
                            x = static_cast<float>((2 * random.uniform() - 1) * 1e-4);
                          }
                          return out;
                        }});
    for (int64_t l = 0; l < o.layers; ++l) add_layer(l);
    add_norm("ln_out");
    add_orthogonal("head.weight", o.vocab, width_, v > c ? 0.5 * std::sqrt(v / c) : 0.5);
  }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  using OfChannel = std::function<double(double c)>;

  void add_channels(const std::string& name, const gpu::Shape& shape, const OfChannel& value) {
    entries_.push_back({name, shape, [this, value](CounterRandom&) {
                          std::vector<float> out(static_cast<size_t>(width_));
                          for (size_t c = 0; c < out.size(); ++c) {
                            out[c] = static_cast<float>(value(static_cast<double>(c)));
                          }
                          return out;
                        }});
  }
  void add_vector(const std::string& name, const OfChannel& value) {
    add_channels(name, {1, 1, width_}, value);
  }
  void add_constant(const std::string& name, const gpu::Shape& shape, float value) {
    entries_.push_back({name, shape, [shape, value](CounterRandom&) {
                          return std::vector<float>(static_cast<size_t>(shape.elements()), value);
                        }});
  }
  void add_norm(const std::string& name) {
    add_constant(name + ".weight", {width_}, 1.0f);
    add_constant(name + ".bias", {width_}, 0.0f);
  }
  void add_orthogonal(const std::string& name, int64_t rows, int64_t cols, double gain) {
    entries_.push_back({name, {rows, cols}, [rows, cols, gain](CounterRandom& random) {
                          return orthogonal(rows, cols, gain, random);
                        }});
  }
  void add_low_rank(const std::string& name, int64_t rank) {
    add_constant(name + "1", {width_, rank}, 0.0f);
    add_orthogonal(name + "2", rank, width_, 0.1);
  }

  void add_layer(int64_t l) {
    const std::string at = fmt::format("blocks.{}.", l);
    if (l == 0) add_norm(at + "ln0");
    add_norm(at + "ln1");
    add_norm(at + "ln2");
    add_time_mix(at + "att.", l);
    const double c = static_cast<double>(width_);
    const double rho = 1.0 - static_cast<double>(l) / static_cast<double>(o_.layers);
    add_vector(at + "ffn.x_k", [=](double i) { return 1.0 - std::pow(i / c, std::pow(rho, 4.0)); });
    add_orthogonal(at + "ffn.key.weight", 4 * width_, width_, 1.0);
    add_constant(at + "ffn.value.weight", {width_, 4 * width_}, 0.0f);
  }

  void add_time_mix(const std::string& at, int64_t l) {
    const double c = static_cast<double>(width_), layers = static_cast<double>(o_.layers);
    Config ranks;
    ranks.width = width_;
    set_official_ranks(ranks);
    const double tau = static_cast<double>(l) / (layers - 1);
    const double rho = 1.0 - static_cast<double>(l) / layers;
    const auto mix = [=](double power) {
      return [=](double i) { return 1.0 - std::pow(i / c, power * rho); };
    };
    const auto linear = [=](double i) { return i / (c - 1) - 0.5; };
    const auto zigzag = [](double i) {
      const double half = (kHeadSize - 1) / 2.0;
      const double z = (std::fmod(i, static_cast<double>(kHeadSize)) - half) / half;
      return z * std::abs(z);
    };
    const std::pair<const char*, double> mixes[] = {{"x_r", 0.2}, {"x_w", 0.9}, {"x_k", 0.7},
                                                    {"x_v", 0.7}, {"x_a", 0.9}, {"x_g", 0.2}};
    for (const auto& [name, power] : mixes) add_vector(at + name, mix(power));
    add_vector(at + "w0", [=](double i) {
      return -6 + 6 * std::pow(i / (c - 1), 1 + std::pow(tau, 0.3)) + 0.5 + 2.5 * zigzag(i);
    });
    add_low_rank(at + "w", ranks.decay_rank);
    add_vector(at + "a0", [=](double i) { return -0.19 + 0.3 * zigzag(i) + 0.4 * linear(i); });
    add_low_rank(at + "a", ranks.alpha_rank);
    if (l > 0) {  // layer 0 makes v_first and has no value residual
      add_vector(at + "v0", [=](double i) { return 0.73 - 0.4 * linear(i); });
      add_low_rank(at + "v", ranks.value_rank);
    }
    add_low_rank(at + "g", ranks.gate_rank);
    add_vector(at + "k_k", [=](double i) { return 0.71 - 0.1 * linear(i); });
    add_vector(at + "k_a", [](double) { return 1.02; });
    add_constant(at + "r_k", {width_ / kHeadSize, kHeadSize}, -0.04f);
    add_orthogonal(at + "receptance.weight", width_, width_, 1.0);
    add_orthogonal(at + "key.weight", width_, width_, 0.1);
    add_orthogonal(at + "value.weight", width_, width_, 1.0);
    add_constant(at + "output.weight", {width_, width_}, 0.0f);
    const double scale = std::pow((1.0 + static_cast<double>(l)) / layers, 0.7);
    add_constant(at + "ln_x.weight", {width_}, static_cast<float>(scale));
    add_constant(at + "ln_x.bias", {width_}, 0.0f);
  }

  InitialModel o_;
  int64_t width_;
  std::vector<Entry> entries_;
};

Status check_options(const InitialModel& o) {
  const auto wrong = [](const char* rule) { return Error{ErrorCode::InvalidArgument, rule}; };
  if (o.layers < 2 || o.layers > 128) return wrong("--layers must be between 2 and 128");
  if (o.width < kHeadSize || o.width > 8192 || o.width % kHeadSize != 0) {
    return wrong("--width must be a multiple of 64, at most 8192");
  }
  if (o.vocab < 2 || o.vocab > 1 << 20) return wrong("--vocab must be between 2 and 1048576");
  return {};
}

}  // namespace

Status write_initial_model(const std::filesystem::path& path, const InitialModel& options) {
  if (auto checked = check_options(options); !checked) return checked;
  const std::string extension = path.extension().string();
  if (extension != ".safetensors" && extension != ".pth") {
    return Error{ErrorCode::InvalidArgument, "--out must end in .safetensors or .pth"};
  }
  const Plan plan(options);
  std::vector<TensorInfo> infos;
  std::map<std::string, size_t> index;
  for (const Entry& entry : plan.entries()) {
    index[entry.name] = infos.size();
    const auto elements = static_cast<uint64_t>(entry.shape.elements());
    infos.push_back({.name = entry.name,
                     .dtype = options.dtype,
                     .shape = entry.shape,
                     .size_bytes = elements * gpu::dtype_size(options.dtype)});
  }
  // Each tensor has its own stream, so that its values do not depend on the others.
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    const size_t i = index.at(info.name);
    CounterRandom random(options.seed, i);
    const std::vector<float> values = plan.entries()[i].fill(random);
    gpu::convert(values.data(), gpu::DType::F32, out.data(), info.dtype,
                 static_cast<int64_t>(values.size()));
    return {};
  };
  if (extension == ".pth") return write_pth(path, infos, source);
  return write_safetensors(path, infos, {{"format", "pt"}}, source);
}

}  // namespace greylag::train
