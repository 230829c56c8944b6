// SPDX-License-Identifier: Apache-2.0
#include "core/train/block_init.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>

#include "core/train/truncated_normal.h"

namespace greylag::train {

namespace {

constexpr int64_t kHeadSize = 64;

// v -= (v . unit) unit
void subtract_projection(std::vector<double>& v, const std::vector<double>& unit) {
  double dot = 0;
  for (size_t c = 0; c < v.size(); ++c) dot += v[c] * unit[c];
  for (size_t c = 0; c < v.size(); ++c) v[c] -= dot * unit[c];
}

double linear(double c, double width) { return c / (width - 1) - 0.5; }

double zigzag(double c) {
  const double half = (kHeadSize - 1) / 2.0;
  const double z = (std::fmod(c, static_cast<double>(kHeadSize)) - half) / half;
  return z * std::abs(z);
}

// Vectors whose values are functions of the channel.
using OfChannel = std::function<double(double c)>;
std::optional<OfChannel> channel_rule(std::string_view part, const BlockPlace& place) {
  const auto index = static_cast<double>(place.index), count = static_cast<double>(place.count);
  const auto width = static_cast<double>(place.width);
  const double tau = place.count > 1 ? index / (count - 1) : 0.0;
  const double rho = 1.0 - index / count;
  const auto mix = [=](double power) {
    return OfChannel([=](double c) { return 1.0 - std::pow(c / width, power * rho); });
  };
  if (part == "att.x_r" || part == "att.x_g") return mix(0.2);
  if (part == "att.x_w" || part == "att.x_a") return mix(0.9);
  if (part == "att.x_k" || part == "att.x_v") return mix(0.7);
  if (part == "att.w0") {
    return [=](double c) {
      return -6 + 6 * std::pow(c / (width - 1), 1 + std::pow(tau, 0.3)) + 0.5 + 2.5 * zigzag(c);
    };
  }
  if (part == "att.a0") {
    return [=](double c) { return -0.19 + 0.3 * zigzag(c) + 0.4 * linear(c, width); };
  }
  if (part == "att.v0") return [=](double c) { return 0.73 - 0.4 * linear(c, width); };
  if (part == "att.k_k") return [=](double c) { return 0.71 - 0.1 * linear(c, width); };
  if (part == "ffn.x_k") {
    return [=](double c) { return 1.0 - std::pow(c / width, std::pow(rho, 4.0)); };
  }
  return std::nullopt;
}

std::optional<double> constant_rule(std::string_view part, const BlockPlace& place) {
  if (part == "att.k_a") return 1.02;
  if (part == "att.r_k") return -0.04;
  if (part == "att.ln_x.weight") {
    return std::pow((1.0 + static_cast<double>(place.index)) / static_cast<double>(place.count),
                    0.7);
  }
  if (part == "ln0.weight" || part == "ln1.weight" || part == "ln2.weight") return 1.0;
  if (part.ends_with(".bias")) return 0.0;
  return std::nullopt;
}

enum class MatrixKind { Projection, Key, Output, LowRankIn, LowRankOut };
struct MatrixRule {
  std::string_view part;
  MatrixKind kind;
};
constexpr MatrixRule kMatrices[] = {{"att.receptance.weight", MatrixKind::Projection},
                                    {"att.key.weight", MatrixKind::Key},
                                    {"att.value.weight", MatrixKind::Projection},
                                    {"att.output.weight", MatrixKind::Output},
                                    {"ffn.key.weight", MatrixKind::Projection},
                                    {"ffn.value.weight", MatrixKind::Output},
                                    {"att.w1", MatrixKind::LowRankIn},
                                    {"att.w2", MatrixKind::LowRankOut},
                                    {"att.a1", MatrixKind::LowRankIn},
                                    {"att.a2", MatrixKind::LowRankOut},
                                    {"att.v1", MatrixKind::LowRankIn},
                                    {"att.v2", MatrixKind::LowRankOut},
                                    {"att.g1", MatrixKind::LowRankIn},
                                    {"att.g2", MatrixKind::LowRankOut}};

std::vector<float> lecun(const gpu::Shape& shape, int64_t inputs, double gain,
                         CounterRandom& random) {
  std::vector<float> out(static_cast<size_t>(shape.elements()));
  fill_truncated_normal(out, gain / std::sqrt(static_cast<double>(inputs)), random);
  return out;
}

// Low-rank matrices are [in, rank] and [rank, out], the others [out, in]. The second low-rank one
// keeps its small official start in both cases, so that w0, a0 and v0 say what they say.
std::vector<float> matrix(MatrixKind kind, const gpu::Shape& shape, BlockStart start,
                          CounterRandom& random) {
  const int64_t rows = shape[0], cols = shape[1];
  const auto zeros = [&] { return std::vector<float>(static_cast<size_t>(rows * cols)); };
  const bool is_live = start == BlockStart::Live;
  switch (kind) {
    case MatrixKind::Projection:
      return is_live ? lecun(shape, cols, 1.0, random) : orthogonal(rows, cols, 1.0, random);
    case MatrixKind::Key:
      return is_live ? lecun(shape, cols, 0.3, random) : orthogonal(rows, cols, 0.1, random);
    case MatrixKind::Output:
      return is_live ? lecun(shape, cols, 1.0, random) : zeros();
    case MatrixKind::LowRankIn:
      return is_live ? lecun(shape, rows, 1.0, random) : zeros();
    case MatrixKind::LowRankOut:
      break;
  }
  return orthogonal(rows, cols, 0.1, random);
}

}  // namespace

// Gram-Schmidt, twice for accuracy, over Gaussian vectors: the Q of a QR whose R has a positive
// diagonal.
std::vector<float> orthogonal(int64_t rows, int64_t cols, double gain, CounterRandom& random) {
  const auto count = static_cast<size_t>(std::min(rows, cols));
  const auto length = static_cast<size_t>(std::max(rows, cols));
  std::vector<std::vector<double>> basis(count, std::vector<double>(length));
  for (size_t i = 0; i < count; ++i) {
    std::vector<double>& v = basis[i];
    for (double& x : v) x = normal(random);
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

std::vector<float> initial_block_tensor(std::string_view part, const gpu::Shape& shape,
                                        const BlockPlace& place, BlockStart start,
                                        CounterRandom& random) {
  const auto size = static_cast<size_t>(shape.elements());
  if (const auto rule = channel_rule(part, place)) {
    std::vector<float> out(size);
    for (size_t c = 0; c < size; ++c) out[c] = static_cast<float>((*rule)(static_cast<double>(c)));
    return out;
  }
  if (const auto value = constant_rule(part, place)) {
    return std::vector<float>(size, static_cast<float>(*value));
  }
  for (const MatrixRule& rule : kMatrices) {
    if (rule.part == part) return matrix(rule.kind, shape, start, random);
  }
  std::abort();
}

}  // namespace greylag::train
