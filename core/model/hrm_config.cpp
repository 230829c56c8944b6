// SPDX-License-Identifier: Apache-2.0
// The list of tensors is made once, by hrm_tensors; reading checks a file against it.
#include "core/model/hrm_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace greylag {
namespace {

using gpu::Shape;

constexpr const char* kFormat = "rwkv7-hrm-1";
constexpr int64_t kMostWidth = 65536, kMostBlocks = 64, kMostCycles = 64;

Error bad_file(std::string message) { return {ErrorCode::BadFile, std::move(message)}; }
Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

void add_norm(std::vector<HrmTensor>& out, const std::string& name, int64_t width) {
  out.push_back({name + ".weight", {width}});
  out.push_back({name + ".bias", {width}});
}

void add_low_rank(std::vector<HrmTensor>& out, const std::string& name, int64_t width, int64_t rank,
                  bool has_bias) {
  if (has_bias) out.push_back({name + "0", {1, 1, width}});
  out.push_back({name + "1", {width, rank}});
  out.push_back({name + "2", {rank, width}});
}

void add_block(std::vector<HrmTensor>& out, const Config& c, const std::string& block,
               bool is_first) {
  const int64_t width = c.width;
  const std::string att = block + "att.", ffn = block + "ffn.";
  add_norm(out, block + "ln1", width);
  add_norm(out, block + "ln2", width);
  for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g"}) {
    out.push_back({att + name, {1, 1, width}});
  }
  add_low_rank(out, att + "w", width, c.decay_rank, true);
  add_low_rank(out, att + "a", width, c.alpha_rank, true);
  if (!is_first) add_low_rank(out, att + "v", width, c.value_rank, true);
  add_low_rank(out, att + "g", width, c.gate_rank, false);
  out.push_back({att + "k_k", {1, 1, width}});
  out.push_back({att + "k_a", {1, 1, width}});
  out.push_back({att + "r_k", {c.heads, c.head_size}});
  for (const char* name : {"receptance", "key", "value", "output"}) {
    out.push_back({att + name + ".weight", {width, width}});
  }
  add_norm(out, att + "ln_x", width);
  out.push_back({ffn + "x_k", {1, 1, width}});
  out.push_back({ffn + "key.weight", {c.ffn_width, width}});
  out.push_back({ffn + "value.weight", {width, c.ffn_width}});
}

void add_module(std::vector<HrmTensor>& out, const HrmConfig& config, HrmModule which) {
  for (int64_t block = 0; block < config.blocks(); ++block) {
    add_block(out, config.module,
              fmt::format("hrm.{}.blocks.{}.", config.module_name(which), block), block == 0);
  }
}

// A whole number of the metadata in [low, high].
Result<int64_t> number(const CheckpointReader& reader, const std::string& key, int64_t low,
                       int64_t high) {
  const auto found = reader.metadata().find(key);
  if (found == reader.metadata().end()) return bad_file("the header lacks " + key);
  const std::string& text = found->second;
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return bad_file(fmt::format("{} in the header must be between {} and {}", key, low, high));
  }
  return value;
}

struct Number {
  const char* key;
  int64_t low, high;
  int64_t* to;
};

// Second dimension of a matrix, 0 when there is none.
int64_t columns(const CheckpointReader& reader, const std::string& name) {
  const TensorInfo* info = reader.find(name);
  return info != nullptr && info->shape.rank() == 2 ? info->shape[1] : 0;
}

void set_width(Config& module, int64_t width) {
  module.width = width;
  module.heads = width / module.head_size;
  module.ffn_width = 4 * width;
}

Status check_tensors(const HrmConfig& config, const CheckpointReader& reader) {
  const std::vector<HrmTensor> expected = hrm_tensors(config);
  for (const HrmTensor& tensor : expected) {
    const TensorInfo* info = reader.find(tensor.name);
    if (info == nullptr) return bad_file(tensor.name + ": this tensor is missing");
    if (info->shape != tensor.shape) {
      return bad_file(fmt::format("{}: its shape is {}, expected {}", tensor.name,
                                  info->shape.text(), tensor.shape.text()));
    }
  }
  if (expected.size() == reader.tensors().size()) return {};
  for (const TensorInfo& info : reader.tensors()) {
    if (std::ranges::find(expected, info.name, &HrmTensor::name) == expected.end()) {
      return bad_file(info.name + ": a tensor that a reasoning core does not have");
    }
  }
  return bad_file("a tensor occurs twice");
}

// Cycles are numbers of the header and cost no byte of the file, yet each call has states of its
// own: of one conversation they may take what the weights take, and this much in any case.
constexpr int64_t kFreeStateBytes = int64_t{64} << 20;

Status check_state_bytes(const HrmConfig& config) {
  const Config states = config.state();
  const int64_t floats = states.layers * states.width * (states.head_size + 2);
  const auto size = static_cast<int64_t>(sizeof(float));
  if (floats * size <= std::max(kFreeStateBytes, config.parameters() * size)) return {};
  return invalid(fmt::format(
      "the states of {} H and {} L cycles would take {} MiB per conversation, more than the core "
      "itself",
      config.recursion.h_cycles, config.recursion.l_cycles, floats * size >> 20));
}

}  // namespace

Config HrmConfig::state() const {
  Config config = module;
  config.layers = recursion.calls() * blocks();
  return config;
}

std::string HrmConfig::module_name(HrmModule which) const {
  if (is_shared) return "F";
  return which == HrmModule::Low ? "L" : "H";
}

int64_t HrmConfig::parameters() const {
  int64_t sum = 0;
  for (const HrmTensor& tensor : hrm_tensors(*this)) sum += tensor.shape.elements();
  return sum;
}

Result<HrmConfig> make_hrm_config(const Config& base, int64_t width, int64_t blocks,
                                  Recursion recursion, int64_t tap, bool is_shared, bool has_gate) {
  HrmConfig config;
  const int64_t head = config.module.head_size;
  if (width == 0) width = std::max(head, (base.width / 2 + head - 1) / head * head);
  if (blocks == 0) blocks = 2;
  if (tap == 0) tap = base.layers;
  if (width < head || width > kMostWidth || width % head != 0) {
    return invalid(
        fmt::format("the core's width must be a multiple of {}, and is {}", head, width));
  }
  if (blocks < 1 || blocks > kMostBlocks) {
    return invalid(fmt::format("the core's blocks must be between 1 and {}", kMostBlocks));
  }
  if (recursion.h_cycles < 1 || recursion.h_cycles > kMostCycles || recursion.l_cycles < 1 ||
      recursion.l_cycles > kMostCycles) {
    return invalid(fmt::format("H and L cycles must be between 1 and {}", kMostCycles));
  }
  if (tap < 1 || tap > base.layers) {
    return invalid(
        fmt::format("the core's tap must be between 1 and the model's {} layers", base.layers));
  }
  config.module.layers = blocks;
  set_width(config.module, width);
  set_official_ranks(config.module);
  config.recursion = recursion;
  config.tap = tap;
  config.is_shared = is_shared;
  config.has_gate = has_gate;
  config.base_width = base.width;
  config.base_layers = base.layers;
  config.base_vocab = base.vocab;
  if (Status status = check_state_bytes(config); !status) return status.error();
  return config;
}

std::vector<HrmTensor> hrm_tensors(const HrmConfig& config) {
  std::vector<HrmTensor> out;
  const int64_t d = config.width(), c = config.base_width;
  out.push_back({"hrm.in.weight", {d, c}});
  out.push_back({"hrm.z0", {d}});
  add_module(out, config, HrmModule::Low);
  if (!config.is_shared) add_module(out, config, HrmModule::High);
  out.push_back({"hrm.out.weight", {c, d}});
  out.push_back({"hrm.alpha", {}});
  out.push_back({"hrm.q.weight", {1, d}});
  out.push_back({"hrm.q.bias", {1}});
  if (config.has_gate) {
    out.push_back({"hrm.gate.weight", {1, c}});
    out.push_back({"hrm.gate.bias", {1}});
  }
  return out;
}

std::map<std::string, std::string> hrm_metadata(const HrmConfig& config) {
  std::map<std::string, std::string> metadata{{"format", kFormat},
                                              {"d", std::to_string(config.width())},
                                              {"n", std::to_string(config.blocks())},
                                              {"n_h", std::to_string(config.recursion.h_cycles)},
                                              {"t_l", std::to_string(config.recursion.l_cycles)},
                                              {"tap", std::to_string(config.tap)},
                                              {"share", config.is_shared ? "true" : "false"},
                                              {"base_C", std::to_string(config.base_width)},
                                              {"base_L", std::to_string(config.base_layers)},
                                              {"base_V", std::to_string(config.base_vocab)},
                                              {"base_sha256", config.base_sha256}};
  if (config.halt_tau > 0) metadata["halt_tau"] = fmt::format("{}", config.halt_tau);
  return metadata;
}

Result<HrmConfig> read_hrm_config(const CheckpointReader& reader) {
  const auto& metadata = reader.metadata();
  const auto format = metadata.find("format");
  if (reader.find("hrm.in.weight") == nullptr || format == metadata.end() ||
      format->second != kFormat) {
    return bad_file(fmt::format("this is not an HRM reasoning core (format {})", kFormat));
  }
  HrmConfig config;
  int64_t width = 0;
  for (const Number& field :
       {Number{"d", 64, kMostWidth, &width}, Number{"n", 1, kMostBlocks, &config.module.layers},
        Number{"n_h", 1, kMostCycles, &config.recursion.h_cycles},
        Number{"t_l", 1, kMostCycles, &config.recursion.l_cycles},
        Number{"base_C", 64, kMostWidth, &config.base_width},
        Number{"base_L", 1, 1024, &config.base_layers},
        Number{"base_V", 2, int64_t{1} << 24, &config.base_vocab},
        Number{"tap", 1, 1024, &config.tap}}) {
    const Result<int64_t> value = number(reader, field.key, field.low, field.high);
    if (!value) return value.error();
    *field.to = *value;
  }
  if (width % config.module.head_size != 0) return bad_file("d in the header: no multiple of 64");
  if (config.tap > config.base_layers) return bad_file("tap in the header: beyond the last block");
  set_width(config.module, width);
  const auto share = metadata.find("share");
  config.is_shared = share != metadata.end() && share->second == "true";
  config.has_gate = reader.find("hrm.gate.weight") != nullptr;
  if (const auto hash = metadata.find("base_sha256"); hash != metadata.end()) {
    config.base_sha256 = hash->second;
  }
  if (const auto tau = metadata.find("halt_tau"); tau != metadata.end()) {
    char* end = nullptr;
    config.halt_tau = std::strtod(tau->second.c_str(), &end);
    if (*end != '\0' || !(config.halt_tau > 0 && config.halt_tau < 1)) {
      return bad_file("halt_tau in the header must be between 0 and 1");
    }
  }
  const std::string att = fmt::format("hrm.{}.blocks.0.att.", config.module_name(HrmModule::Low));
  config.module.decay_rank = columns(reader, att + "w1");
  config.module.alpha_rank = columns(reader, att + "a1");
  config.module.gate_rank = columns(reader, att + "g1");
  config.module.value_rank =
      columns(reader, fmt::format("hrm.{}.blocks.1.att.v1", config.module_name(HrmModule::Low)));
  if (Status status = check_tensors(config, reader); !status) return status.error();
  if (Status status = check_state_bytes(config); !status) return bad_file(status.error().message);
  config.dtype = reader.find("hrm.in.weight")->dtype;
  return config;
}

Status check_hrm_base(const HrmConfig& core, const Config& base) {
  if (core.base_width != base.width) {
    return bad_file(fmt::format("this reasoning core is for a model of width {}, not {}",
                                core.base_width, base.width));
  }
  if (core.tap > base.layers) {
    return bad_file(fmt::format("this reasoning core sits after block {}, the model has {}",
                                core.tap, base.layers));
  }
  return {};
}

}  // namespace greylag
