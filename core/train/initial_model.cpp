// SPDX-License-Identifier: Apache-2.0
#include "core/train/initial_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/checkpoint/writer.h"
#include "core/model/config.h"
#include "core/train/block_init.h"

namespace greylag::train {

namespace {

constexpr int64_t kHeadSize = 64;

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
  void add_norm(const std::string& name) {
    add_constant(name + ".weight", {width_}, 1.0f);
    add_constant(name + ".bias", {width_}, 0.0f);
  }
  void add_constant(const std::string& name, const gpu::Shape& shape, float value) {
    entries_.push_back({name, shape, [shape, value](CounterRandom&) {
                          return std::vector<float>(static_cast<size_t>(shape.elements()), value);
                        }});
  }
  void add_orthogonal(const std::string& name, int64_t rows, int64_t cols, double gain) {
    entries_.push_back({name, {rows, cols}, [rows, cols, gain](CounterRandom& random) {
                          return orthogonal(rows, cols, gain, random);
                        }});
  }
  void add_part(int64_t l, const std::string& part, const gpu::Shape& shape) {
    const BlockPlace place{.index = l, .count = o_.layers, .width = width_};
    entries_.push_back(
        {fmt::format("blocks.{}.{}", l, part), shape, [part, shape, place](CounterRandom& random) {
           return initial_block_tensor(part, shape, place, BlockStart::Official, random);
         }});
  }
  void add_low_rank(int64_t l, const std::string& name, int64_t rank) {
    add_part(l, name + "1", {width_, rank});
    add_part(l, name + "2", {rank, width_});
  }

  void add_layer(int64_t l) {
    for (const char* norm : {"ln0", "ln1", "ln2"}) {
      if (l > 0 && norm == std::string("ln0")) continue;
      add_part(l, std::string(norm) + ".weight", {width_});
      add_part(l, std::string(norm) + ".bias", {width_});
    }
    add_time_mix(l);
    add_part(l, "ffn.x_k", {1, 1, width_});
    add_part(l, "ffn.key.weight", {4 * width_, width_});
    add_part(l, "ffn.value.weight", {width_, 4 * width_});
  }

  void add_time_mix(int64_t l) {
    Config ranks;
    ranks.width = width_;
    set_official_ranks(ranks);
    const gpu::Shape vector{1, 1, width_};
    for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g", "w0"}) {
      add_part(l, std::string("att.") + name, vector);
    }
    add_low_rank(l, "att.w", ranks.decay_rank);
    add_part(l, "att.a0", vector);
    add_low_rank(l, "att.a", ranks.alpha_rank);
    if (l > 0) {  // layer 0 makes v_first and has no value residual
      add_part(l, "att.v0", vector);
      add_low_rank(l, "att.v", ranks.value_rank);
    }
    add_low_rank(l, "att.g", ranks.gate_rank);
    add_part(l, "att.k_k", vector);
    add_part(l, "att.k_a", vector);
    add_part(l, "att.r_k", {width_ / kHeadSize, kHeadSize});
    for (const char* name : {"receptance", "key", "value", "output"}) {
      add_part(l, fmt::format("att.{}.weight", name), {width_, width_});
    }
    add_part(l, "att.ln_x.weight", {width_});
    add_part(l, "att.ln_x.bias", {width_});
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
