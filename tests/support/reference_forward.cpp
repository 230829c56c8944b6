// SPDX-License-Identifier: Apache-2.0
// Written as the formulas stand, without a thought of speed.
#include "tests/support/reference_forward.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace greylag::test {
namespace {

using Vector = std::vector<double>;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

Vector normalised(const Vector& x, size_t begin, size_t n, double eps) {
  double mean = 0.0, variance = 0.0;
  for (size_t i = 0; i < n; ++i) mean += x[begin + i];
  mean /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) variance += (x[begin + i] - mean) * (x[begin + i] - mean);
  variance /= static_cast<double>(n);
  Vector y(n);
  for (size_t i = 0; i < n; ++i) y[i] = (x[begin + i] - mean) / std::sqrt(variance + eps);
  return y;
}

Vector nrm(const Vector& x) {
  double square = 0.0;
  for (const double value : x) square += value * value;
  Vector y = x;
  for (double& value : y) value /= std::sqrt(square / static_cast<double>(x.size()) + 1e-5);
  return y;
}

// The tensors of one file, and blocks over them with states 0 .. config.layers - 1.
class Reference {
 public:
  Reference(CheckpointReader& reader, const Config& config) : c_(config) {
    for (const TensorInfo& info : reader.tensors()) {
      const std::vector<float> values = reader.read_f32(info.name).value();
      tensors_[info.name] = Vector(values.begin(), values.end());
    }
    const auto layers = static_cast<size_t>(c_.layers);
    const auto width = static_cast<size_t>(c_.width);
    att_shift_.resize(layers, Vector(width));
    ffn_shift_ = att_shift_;
    wkv_.resize(layers, Vector(width * head()));
  }

  const Vector& at(const std::string& name) const { return tensors_.at(name); }
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }

  void block(size_t state, bool is_first, const std::string& name, Vector& x) {
    add(x, time_mix(state, is_first, name + "att.", layer_norm(x, name + "ln1")));
    add(x, channel_mix(state, name + "ffn.", layer_norm(x, name + "ln2")));
  }

  static void add(Vector& x, const Vector& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  Vector layer_norm(const Vector& x, const std::string& name) const {
    Vector y = normalised(x, 0, x.size(), 1e-5);
    const Vector &weight = tensors_.at(name + ".weight"), &bias = tensors_.at(name + ".bias");
    for (size_t i = 0; i < y.size(); ++i) y[i] = y[i] * weight[i] + bias[i];
    return y;
  }

  // W [out, in]
  Vector linear(const std::string& name, const Vector& x) const {
    const Vector& w = tensors_.at(name);
    Vector y(w.size() / x.size());
    for (size_t o = 0; o < y.size(); ++o) {
      for (size_t i = 0; i < x.size(); ++i) y[o] += w[o * x.size() + i] * x[i];
    }
    return y;
  }

 private:
  size_t head() const { return static_cast<size_t>(c_.head_size); }

  // w [in, out], as the low-rank matrices are stored
  Vector times(const Vector& x, const std::string& name) const {
    const Vector& w = tensors_.at(name);
    Vector y(w.size() / x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t o = 0; o < y.size(); ++o) y[o] += x[i] * w[i * y.size() + o];
    }
    return y;
  }

  Vector mixed(const Vector& x, const Vector& before, const std::string& name) const {
    const Vector& mix = tensors_.at(name);
    Vector y(x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] + (before[i] - x[i]) * mix[i];
    return y;
  }

  Vector time_mix(size_t layer, bool is_first, const std::string& att, const Vector& x) {
    const Vector before = std::exchange(att_shift_[layer], x);
    const Vector r = linear(att + "receptance.weight", mixed(x, before, att + "x_r"));
    Vector k = linear(att + "key.weight", mixed(x, before, att + "x_k"));
    const Vector x_v = mixed(x, before, att + "x_v");
    Vector v = linear(att + "value.weight", x_v);
    Vector low = times(mixed(x, before, att + "x_w"), att + "w1");
    for (double& value : low) value = std::tanh(value);
    Vector d = times(low, att + "w2");
    add(d, tensors_.at(att + "w0"));
    Vector alpha = times(times(mixed(x, before, att + "x_a"), att + "a1"), att + "a2");
    add(alpha, tensors_.at(att + "a0"));
    for (double& value : alpha) value = sigmoid(value);
    low = times(mixed(x, before, att + "x_g"), att + "g1");
    for (double& value : low) value = sigmoid(value);
    const Vector g = times(low, att + "g2");
    if (is_first) {
      v_first_ = v;
    } else {
      Vector gate = times(times(x_v, att + "v1"), att + "v2");
      add(gate, tensors_.at(att + "v0"));
      for (size_t i = 0; i < v.size(); ++i) v[i] += (v_first_[i] - v[i]) * sigmoid(gate[i]);
    }
    Vector y(x.size());
    for (size_t h = 0; h < y.size() / head(); ++h) run_head(layer, att, h, r, d, k, v, alpha, y);
    for (size_t i = 0; i < y.size(); ++i) y[i] *= g[i];
    return linear(att + "output.weight", y);
  }

  void run_head(size_t layer, const std::string& att, size_t h, const Vector& r, const Vector& d,
                Vector& k, const Vector& v, const Vector& alpha, Vector& y) {
    const size_t n = head(), at = h * n;
    const Vector &k_k = tensors_.at(att + "k_k"), &k_a = tensors_.at(att + "k_a");
    const Vector& r_k = tensors_.at(att + "r_k");
    Vector kappa(n);
    double norm = 0.0, bonus = 0.0;
    for (size_t j = 0; j < n; ++j) {
      kappa[j] = k[at + j] * k_k[at + j];
      norm += kappa[j] * kappa[j];
    }
    for (double& value : kappa) value /= std::max(std::sqrt(norm), 1e-12);
    for (size_t j = 0; j < n; ++j) {
      k[at + j] *= 1.0 + (alpha[at + j] - 1.0) * k_a[at + j];
      bonus += r[at + j] * k[at + j] * r_k[at + j];
    }
    double* s = wkv_[layer].data() + h * n * n;
    for (size_t i = 0; i < n; ++i) {
      double removed = 0.0;
      for (size_t j = 0; j < n; ++j) removed -= s[i * n + j] * kappa[j];
      for (size_t j = 0; j < n; ++j) {
        const double w = std::exp(-std::exp(-0.5) * sigmoid(d[at + j]));
        s[i * n + j] =
            s[i * n + j] * w + removed * kappa[j] * alpha[at + j] + v[at + i] * k[at + j];
        y[at + i] += s[i * n + j] * r[at + j];
      }
    }
    const Vector normal = normalised(y, at, n, 64e-5);
    const Vector &weight = tensors_.at(att + "ln_x.weight"), &bias = tensors_.at(att + "ln_x.bias");
    for (size_t i = 0; i < n; ++i) {
      y[at + i] = normal[i] * weight[at + i] + bias[at + i] + bonus * v[at + i];
    }
  }

  Vector channel_mix(size_t layer, const std::string& ffn, const Vector& x) {
    const Vector before = std::exchange(ffn_shift_[layer], x);
    Vector h = linear(ffn + "key.weight", mixed(x, before, ffn + "x_k"));
    for (double& value : h) value = value > 0.0 ? value * value : 0.0;
    return linear(ffn + "value.weight", h);
  }

  const Config c_;
  std::map<std::string, Vector> tensors_;
  std::vector<Vector> att_shift_, ffn_shift_, wkv_;  // per layer: [C], [C], [H, N, N]
  Vector v_first_;
};

// What the core adds to the residual stream of one token.
Vector core_step(Reference& core, const ReferenceCore& o, const Vector& h) {
  const HrmConfig& c = o.config;
  const Vector normed = nrm(h);
  const Vector u = core.linear("hrm.in.weight", normed);
  Vector high = u, low = core.at("hrm.z0");
  const int64_t cycles = o.effort > 0 ? o.effort : c.recursion.h_cycles;
  size_t call = 0;
  const auto module = [&](HrmModule which, Vector x) {
    for (int64_t j = 0; j < c.blocks(); ++j) {
      const std::string name = fmt::format("hrm.{}.blocks.{}.", c.module_name(which), j);
      core.block(call * static_cast<size_t>(c.blocks()) + static_cast<size_t>(j), j == 0, name, x);
    }
    ++call;
    return nrm(x);
  };
  for (int64_t i = 0; i < cycles; ++i) {
    for (int64_t k = 0; k < c.recursion.l_cycles; ++k) {
      Vector x = low;
      Reference::add(x, high);
      Reference::add(x, u);
      low = module(HrmModule::Low, x);
    }
    Vector x = high;
    Reference::add(x, low);
    high = module(HrmModule::High, x);
  }
  Vector r = core.linear("hrm.out.weight", high);
  double scale = core.at("hrm.alpha")[0] * o.strength;
  if (c.has_gate) {
    scale *= sigmoid(core.linear("hrm.gate.weight", normed)[0] + core.at("hrm.gate.bias")[0]);
  }
  for (double& value : r) value *= scale;
  return r;
}

}  // namespace

std::vector<double> reference_logits(CheckpointReader& reader, const Config& config,
                                     std::span<const int32_t> tokens, const ReferenceCore* core) {
  Reference base(reader, config);
  std::optional<Reference> recursion;
  if (core != nullptr) recursion.emplace(core->reader, core->config.state());
  std::vector<double> logits;
  for (const int32_t token : tokens) {
    const Vector& emb = base.at("emb.weight");
    Vector x(emb.begin() + token * config.width, emb.begin() + (token + 1) * config.width);
    x = base.layer_norm(x, "blocks.0.ln0");
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      base.block(static_cast<size_t>(layer), layer == 0, fmt::format("blocks.{}.", layer), x);
      if (core != nullptr && core->config.tap == layer + 1) {
        Reference::add(x, core_step(*recursion, *core, x));
      }
    }
    const Vector row = base.linear("head.weight", base.layer_norm(x, "ln_out"));
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return logits;
}

std::vector<double> reference_logits(CheckpointReader& reader, const Config& config,
                                     std::span<const int32_t> tokens) {
  return reference_logits(reader, config, tokens, nullptr);
}

}  // namespace greylag::test
