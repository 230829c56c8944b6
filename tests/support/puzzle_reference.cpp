// SPDX-License-Identifier: Apache-2.0
#include "tests/support/puzzle_reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "core/base/random.h"
#include "core/checkpoint/writer.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag::test {

namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

class Reference {
 public:
  Reference(const PuzzleConfig& config, const PuzzleValues& values) : c_(config), values_(values) {}

  std::vector<PuzzleAnswer> run(const std::vector<uint8_t>& tokens, int32_t puzzle_id,
                                int64_t segments) const {
    const Rows e = encode(tokens, puzzle_id);
    Rows high(size(c_.positions()), vector("puz.zH0")), low(high.size(), vector("puz.zL0"));
    std::vector<PuzzleAnswer> answers;
    for (int64_t segment = 0; segment < segments; ++segment) {
      for (int64_t i = 0; i < c_.recursion.h_cycles; ++i) {
        for (int64_t k = 0; k < c_.recursion.l_cycles; ++k) {
          low = module(c_.is_shared ? "F" : "L", plus(plus(low, high), e));
        }
        high = module(c_.is_shared ? "F" : "H", plus(high, low));
      }
      answers.push_back(answer(high));
    }
    return answers;
  }

 private:
  static size_t size(int64_t n) { return static_cast<size_t>(n); }

  Row vector(const std::string& name) const {
    const std::vector<float>& values = values_.at(name);
    return {values.begin(), values.end()};
  }

  static Rows plus(Rows a, const Rows& b) {
    for (size_t p = 0; p < a.size(); ++p) {
      for (size_t i = 0; i < a[p].size(); ++i) a[p][i] += b[p][i];
    }
    return a;
  }

  // W [out, in] x; is_stored_in_out: W lies as [in, out].
  Row times(const std::string& name, const Row& x, bool is_stored_in_out = false) const {
    const std::vector<float>& w = values_.at(name);
    const size_t in = x.size(), out = w.size() / in;
    Row y(out, 0.0);
    for (size_t o = 0; o < out; ++o) {
      for (size_t i = 0; i < in; ++i) {
        y[o] += static_cast<double>(w[is_stored_in_out ? i * out + o : o * in + i]) * x[i];
      }
    }
    return y;
  }

  Rows encode(const std::vector<uint8_t>& tokens, int32_t puzzle_id) const {
    const size_t width = size(c_.width);
    Rows e(size(c_.positions()), Row(width, 0.0));
    const Row puzzles = vector("puz.id.weight"), embedding = vector("puz.emb.weight");
    for (size_t i = 0; i < size(c_.puzzle_width); ++i) {
      e[i / width][i % width] = puzzles[size(puzzle_id) * size(c_.puzzle_width) + i];
    }
    for (size_t s = 0; s < tokens.size(); ++s) {
      for (size_t i = 0; i < width; ++i) {
        e[size(c_.prefix) + s][i] = embedding[tokens[s] * width + i];
      }
    }
    const double root = std::sqrt(static_cast<double>(c_.width));
    for (size_t p = 0; p < e.size(); ++p) {
      for (size_t i = 0; i < width; ++i) {
        if (c_.has_positions) e[p][i] += vector("puz.pos.weight")[p * width + i];
        e[p][i] *= c_.has_positions ? root * std::sqrt(0.5) : root;
      }
    }
    return e;
  }

  static void normalise(Rows& x) {
    for (Row& row : x) {
      double mean = 0.0;
      for (const double value : row) mean += value * value / static_cast<double>(row.size());
      for (double& value : row) value /= std::sqrt(mean + 1e-5);
    }
  }

  Rows module(const std::string& name, Rows x) const {
    Rows v_first;
    for (int64_t block = 0; block < c_.blocks; ++block) {
      const std::string prefix = "puz." + name + ".blocks." + std::to_string(block) + ".";
      Rows mixed;
      if (c_.mixer == PuzzleMixer::Attention) mixed = attention(prefix + "mix.", x);
      if (c_.mixer == PuzzleMixer::Mlp) mixed = across(prefix + "mix.", x);
      if (c_.mixer == PuzzleMixer::Rwkv7) mixed = time_mix(prefix + "mix.", block, x, v_first);
      x = plus(std::move(x), mixed);
      normalise(x);
      x = plus(std::move(x), feed_forward(prefix + "ff.", block, x));
      normalise(x);
    }
    return x;
  }

  Row swiglu(const std::string& prefix, const Row& x) const {
    const Row both = times(prefix + "gate_up.weight", x);
    Row inner(both.size() / 2);
    for (size_t i = 0; i < inner.size(); ++i) {
      inner[i] = both[i] * logistic(both[i]) * both[inner.size() + i];
    }
    return times(prefix + "down.weight", inner);
  }

  Rows across(const std::string& prefix, const Rows& x) const {
    Rows y = x;
    for (size_t i = 0; i < x[0].size(); ++i) {
      Row column;
      for (const Row& row : x) column.push_back(row[i]);
      const Row mixed = swiglu(prefix, column);
      for (size_t p = 0; p < x.size(); ++p) y[p][i] = mixed[p];
    }
    return y;
  }

  Rows attention(const std::string& prefix, const Rows& x) const {
    const size_t width = size(c_.width), n = size(c_.width / c_.heads), half = n / 2;
    Rows qkv, y(x.size(), Row(width, 0.0));
    for (const Row& row : x) qkv.push_back(times(prefix + "qkv.weight", row));
    if (c_.has_rotary) {
      for (size_t p = 0; p < x.size(); ++p) {
        for (size_t at = 0; at < 2 * width; at += n) {  // every head of q and k
          for (size_t i = 0; i < half; ++i) {
            const double angle =
                static_cast<double>(p) *
                std::pow(1e4, -2.0 * static_cast<double>(i) / static_cast<double>(n));
            const double a = qkv[p][at + i], b = qkv[p][at + half + i];
            qkv[p][at + i] = a * std::cos(angle) - b * std::sin(angle);
            qkv[p][at + half + i] = b * std::cos(angle) + a * std::sin(angle);
          }
        }
      }
    }
    for (size_t at = 0; at < width; at += n) {
      for (size_t p = 0; p < x.size(); ++p) {
        double total = 0.0;
        for (size_t j = 0; j < x.size(); ++j) {
          double score = 0.0;
          for (size_t i = 0; i < n; ++i) score += qkv[p][at + i] * qkv[j][width + at + i];
          const double weight = std::exp(score / std::sqrt(static_cast<double>(n)));
          total += weight;
          for (size_t i = 0; i < n; ++i) y[p][at + i] += weight * qkv[j][2 * width + at + i];
        }
        for (size_t i = 0; i < n; ++i) y[p][at + i] /= total;
      }
    }
    for (Row& row : y) row = times(prefix + "out.weight", row);
    return y;
  }

  // The positions in the order in which channel i of a block reads them.
  std::vector<size_t> order(int64_t block, size_t channel) const {
    const size_t group = channel * 4 / size(c_.width);
    bool is_by_columns = false, is_backwards = false;
    if (c_.scan == PuzzleScan::Four) {
      is_by_columns = group >= 2;
      is_backwards = group == 1 || group == 3;
    } else if (c_.scan == PuzzleScan::Alternating) {
      is_backwards = block % 2 != 0;
    }
    std::vector<size_t> positions(size(c_.positions()));
    std::iota(positions.begin(), positions.end(), size_t{0});
    const size_t prefix = size(c_.prefix), columns = size(c_.columns);
    if (is_by_columns) {
      std::stable_sort(positions.begin(), positions.end(), [&](size_t a, size_t b) {
        if (a < prefix || b < prefix) return a < b;
        return (a - prefix) % columns < (b - prefix) % columns;
      });
    }
    if (is_backwards) std::reverse(positions.begin(), positions.end());
    return positions;
  }

  // x + (x before - x) mix, channel by channel.
  Rows shifted(const std::string& mix, int64_t block, const Rows& x) const {
    Rows y = x;
    const Row mu = vector(mix);
    for (size_t i = 0; i < mu.size(); ++i) {
      double before = 0.0;
      for (const size_t p : order(block, i)) {
        y[p][i] = x[p][i] + (before - x[p][i]) * mu[i];
        before = x[p][i];
      }
    }
    return y;
  }

  Rows time_mix(const std::string& prefix, int64_t block, const Rows& x, Rows& v_first) const {
    const size_t width = size(c_.width), n = 64;
    const auto each = [&](const char* mix, const auto& function) {
      Rows y = shifted(prefix + mix, block, x);
      for (Row& row : y) row = function(row);
      return y;
    };
    const auto low_rank = [&](const char* letter, const Row& row, double (*inside)(double)) {
      Row low = times(prefix + letter + "1", row, true);
      for (double& value : low) value = inside(value);
      return times(prefix + letter + "2", low, true);
    };
    const auto same = [](double value) { return value; };
    const auto r =
        each("x_r", [&](const Row& t) { return times(prefix + "receptance.weight", t); });
    Rows k = each("x_k", [&](const Row& t) { return times(prefix + "key.weight", t); });
    Rows v = each("x_v", [&](const Row& t) { return times(prefix + "value.weight", t); });
    const auto d = each("x_w", [&](const Row& t) {
      return low_rank("w", t, [](double value) { return std::tanh(value); });
    });
    const auto a = each("x_a", [&](const Row& t) { return low_rank("a", t, same); });
    const auto g = each("x_g", [&](const Row& t) { return low_rank("g", t, logistic); });
    if (block == 0) {
      v_first = v;
    } else {
      const auto gate = each("x_v", [&](const Row& t) { return low_rank("v", t, same); });
      const Row v0 = vector(prefix + "v0");
      for (size_t p = 0; p < x.size(); ++p) {
        for (size_t i = 0; i < width; ++i) {
          v[p][i] += (v_first[p][i] - v[p][i]) * logistic(v0[i] + gate[p][i]);
        }
      }
    }
    const Row w0 = vector(prefix + "w0"), a0 = vector(prefix + "a0"), k_k = vector(prefix + "k_k"),
              k_a = vector(prefix + "k_a"), r_k = vector(prefix + "r_k"),
              gain = vector(prefix + "ln_x.weight"), offset = vector(prefix + "ln_x.bias");
    Rows y(x.size(), Row(width, 0.0));
    for (size_t at = 0; at < width; at += n) {  // head by head
      std::vector<double> state(n * n, 0.0);    // [value, key]
      for (const size_t p : order(block, at)) {
        double norm = 0.0, bonus = 0.0, mean = 0.0, variance = 0.0;
        Row w(n), kappa(n), key(n), alpha(n);
        for (size_t i = 0; i < n; ++i) {
          w[i] = std::exp(-std::exp(-0.5) * logistic(w0[at + i] + d[p][at + i]));
          alpha[i] = logistic(a0[at + i] + a[p][at + i]);
          kappa[i] = k[p][at + i] * k_k[at + i];
          norm += kappa[i] * kappa[i];
          key[i] = k[p][at + i] * (1.0 + (alpha[i] - 1.0) * k_a[at + i]);
          bonus += r[p][at + i] * key[i] * r_k[at + i];
        }
        for (double& value : kappa) value /= std::max(std::sqrt(norm), 1e-12);
        for (size_t i = 0; i < n; ++i) {
          double* row = state.data() + i * n;
          double removed = 0.0, out = 0.0;
          for (size_t j = 0; j < n; ++j) removed += row[j] * -kappa[j];
          for (size_t j = 0; j < n; ++j) {
            row[j] = row[j] * w[j] + removed * kappa[j] * alpha[j] + v[p][at + i] * key[j];
            out += row[j] * r[p][at + j];
          }
          y[p][at + i] = out;
          mean += out / static_cast<double>(n);
        }
        for (size_t i = 0; i < n; ++i) {
          variance += std::pow(y[p][at + i] - mean, 2.0) / static_cast<double>(n);
        }
        for (size_t i = 0; i < n; ++i) {
          const double normal = (y[p][at + i] - mean) / std::sqrt(variance + 64e-5);
          y[p][at + i] =
              (normal * gain[at + i] + offset[at + i] + bonus * v[p][at + i]) * g[p][at + i];
        }
      }
    }
    for (Row& row : y) row = times(prefix + "output.weight", row);
    return y;
  }

  Rows feed_forward(const std::string& prefix, int64_t block, const Rows& x) const {
    if (c_.feed_forward == PuzzleFeedForward::SwiGlu) {
      Rows y;
      for (const Row& row : x) y.push_back(swiglu(prefix, row));
      return y;
    }
    Rows y = shifted(prefix + "x_k", block, x);
    for (Row& row : y) {
      Row inner = times(prefix + "key.weight", row);
      for (double& value : inner) value = value > 0.0 ? value * value : 0.0;
      row = times(prefix + "value.weight", inner);
    }
    return y;
  }

  PuzzleAnswer answer(const Rows& high) const {
    PuzzleAnswer answer;
    for (size_t p = size(c_.prefix); p < high.size(); ++p) {
      const Row logits = times("puz.head.weight", high[p]);
      answer.logits.insert(answer.logits.end(), logits.begin(), logits.end());
    }
    Row read = high[0];
    if (c_.is_mean_readout) {
      for (size_t p = 1; p < high.size(); ++p) {
        for (size_t i = 0; i < read.size(); ++i) read[i] += high[p][i];
      }
      for (double& value : read) value /= static_cast<double>(high.size());
    }
    answer.q = times("puz.q.weight", read);
    const Row bias = vector("puz.q.bias");
    for (size_t i = 0; i < 2; ++i) answer.q[i] += bias[i];
    return answer;
  }

  const PuzzleConfig& c_;
  const PuzzleValues& values_;
};

std::vector<TinyTensor> tensors_of(const PuzzleConfig& config, const PuzzleValues& values) {
  std::vector<TinyTensor> tensors;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    tensors.push_back(make_tensor(tensor.name, tensor.shape, values.at(tensor.name)));
  }
  return tensors;
}

}  // namespace

PuzzleValues random_puzzle_values(const PuzzleConfig& config, uint64_t seed) {
  PuzzleValues values;
  uint64_t stream = 0;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    CounterRandom random(seed, stream++);
    const bool is_vector = tensor.shape.rank() != 2 || tensor.name.ends_with("r_k");
    const bool is_in_out = !tensor.name.ends_with("weight");  // w1, w2, ...
    const auto fan_in = static_cast<double>(is_vector ? 1 : tensor.shape[is_in_out ? 0 : 1]);
    const bool is_start = tensor.name.starts_with("puz.z");
    // Matrices and start vectors of variance 1 / fan_in, vectors calm enough that the recursion
    // does not blow up roundings; mixing coefficients in [0, 1).
    const double reach = is_vector && !is_start ? 0.5 : std::sqrt(3.0 / fan_in);
    const bool is_mix = tensor.name.find(".x_") != std::string::npos;
    const double middle = is_mix ? 0.5 : tensor.name.ends_with("ln_x.weight") ? 1.0 : 0.0;
    std::vector<float>& all = values[tensor.name];
    for (int64_t i = 0; i < tensor.shape.elements(); ++i) {
      all.push_back(static_cast<float>(middle + (2.0 * random.uniform() - 1.0) * reach));
    }
  }
  return values;
}

Status write_puzzle(const std::filesystem::path& path, const PuzzleConfig& config,
                    const PuzzleValues& values) {
  const std::vector<TinyTensor> tensors = tensors_of(config, values);
  std::vector<NamedTensor> named;
  for (const TinyTensor& tensor : tensors) {
    named.push_back({tensor.info, std::as_bytes(std::span(tensor.values))});
  }
  return write_safetensors(path, named, puzzle_metadata(config));
}

Status write_published_puzzle(const std::filesystem::path& path, const PuzzleConfig& config,
                              const PuzzleValues& values, const std::string& prefix) {
  std::vector<TinyTensor> tensors = tensors_of(config, values);
  for (TinyTensor& tensor : tensors) {
    tensor.info.name = prefix + published_name(config, tensor.info.name);
  }
  return write_tensors(path, tensors);
}

std::vector<PuzzleAnswer> reference_segments(const PuzzleConfig& config, const PuzzleValues& values,
                                             const std::vector<uint8_t>& tokens, int32_t puzzle_id,
                                             int64_t segments) {
  return Reference(config, values).run(tokens, puzzle_id, segments);
}

}  // namespace greylag::test
