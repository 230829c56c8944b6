// SPDX-License-Identifier: Apache-2.0
// Which puzzle reasoner is in a checkpoint? Ours say it in their metadata; in the published HRM and
// TRM files (facts hrm.md 1.2) it follows from names and shapes, where those say it at all:
// attention has no tensor as long as the grid, whose size then follows from the vocabulary.
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string_view>

#include "core/model/puzzle_config.h"

namespace greylag {

namespace {

// Longest first. The reader itself strips "model.".
constexpr std::string_view kWrappers[] = {"_orig_mod.model.inner.", "_orig_mod.inner.",
                                          "_orig_mod.", "inner.", ""};

Error bad(std::string message) { return {ErrorCode::BadFile, std::move(message)}; }

const TensorInfo* find_published(const CheckpointReader& reader, const std::string& name) {
  for (const std::string_view wrapper : kWrappers) {
    if (const TensorInfo* info = reader.find(std::string(wrapper) + name)) return info;
  }
  return nullptr;
}

bool is_ours(const CheckpointReader& reader) {
  const auto format = reader.metadata().find("format");
  return format != reader.metadata().end() && format->second.starts_with("greylag-puzzle-");
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> starts) {
  for (const std::string_view start : starts) {
    if (name.starts_with(start)) return true;
  }
  return false;
}

std::string_view unwrapped(std::string_view name) {
  for (const std::string_view wrapper : kWrappers) {
    if (name.starts_with(wrapper)) return name.substr(wrapper.size());
  }
  return name;
}

// Length of dimension `which` of a matrix; 0 when there is no such matrix.
int64_t length(const CheckpointReader& reader, const std::string& name, int which) {
  const TensorInfo* info = find_published(reader, name);
  return info == nullptr || info->shape.rank() != 2 ? 0 : info->shape[which];
}

// From S' where a tensor has that length (0 = none has), else from the published tasks.
Status read_grid(PuzzleConfig& c, int64_t positions) {
  if (positions == 0) {
    if (c.vocab == 11) positions = c.prefix + 81;
    if (c.vocab == 6 || c.vocab == 12) positions = c.prefix + 900;
    if (positions == 0) {
      return bad(fmt::format(
          "the size of the grid is not in the file, and a vocabulary of {} is none of the "
          "published ones (11 Sudoku, 6 mazes, 12 ARC)",
          c.vocab));
    }
  }
  const int64_t cells = positions - c.prefix;
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(cells))));
  if (cells < 1 || side * side != cells) {
    return bad(
        fmt::format("{} positions less a prefix of {} are no square grid", positions, c.prefix));
  }
  c.rows = c.columns = side;
  c.task = cells == 81 && c.vocab == 11 ? "sudoku" : c.vocab == 12 ? "arc" : "maze";
  return {};
}

Result<PuzzleConfig> read_published(const CheckpointReader& reader) {
  PuzzleConfig c;
  const std::string layer = "L_level.layers.0.";
  c.is_shared = find_published(reader, "H_level.layers.0.mlp.down_proj.weight") == nullptr;
  c.recipe = c.is_shared ? "trm" : "hrm-exact";
  c.vocab = length(reader, "embed_tokens.embedding_weight", 0);
  c.width = length(reader, "embed_tokens.embedding_weight", 1);
  c.inner = length(reader, layer + "mlp.down_proj.weight", 1);
  c.puzzle_ids = length(reader, "puzzle_emb.weights", 0);
  c.puzzle_width = length(reader, "puzzle_emb.weights", 1);
  if (c.vocab == 0 || c.inner == 0 || c.puzzle_width == 0 || c.width < 64 || c.width % 64 != 0) {
    return bad(
        "a published puzzle reasoner has the matrices embed_tokens.embedding_weight (of a width "
        "that is a multiple of 64), puzzle_emb.weights and L_level.layers.0.mlp.down_proj.weight");
  }
  c.heads = c.width / 64;
  c.prefix = c.is_shared ? 16 : (c.puzzle_width + c.width - 1) / c.width;
  c.blocks = 0;
  while (c.blocks < 64 &&
         find_published(reader, fmt::format("L_level.layers.{}.mlp.down_proj.weight", c.blocks))) {
    ++c.blocks;
  }
  const int64_t mixed = length(reader, layer + "mlp_t.down_proj.weight", 0);
  const int64_t learned = length(reader, "embed_pos.embedding_weight", 0);
  c.mixer = mixed > 0 ? PuzzleMixer::Mlp : PuzzleMixer::Attention;
  if (mixed > 0) c.mixer_inner = length(reader, layer + "mlp_t.down_proj.weight", 1);
  c.has_positions = learned > 0;
  c.has_rotary = mixed == 0 && learned == 0;
  if (Status status = read_grid(c, mixed > 0 ? mixed : learned); !status) return status.error();
  // T_L is in no tensor: facts 1.4, the last row of 1.7, and 1.10.
  c.recursion = c.is_shared ? Recursion{3, c.task == "sudoku" ? 6 : 4}
                            : Recursion{2, c.has_positions ? 8 : 2};
  if (Status status = check_puzzle_config(c); !status) return bad(status.error().message);
  return c;
}

// Matrices that matmul reads; the recursion does not survive 4 bits (facts 1.11).
bool may_be_int8(std::string_view name) {
  return name.ends_with(".weight") && name.find("emb.") == std::string_view::npos &&
         !starts_with_any(name, {"puz.pos.", "puz.id.", "puz.q."}) &&
         name.find("ln_x") == std::string_view::npos;
}

Status check_tensors(const CheckpointReader& reader, const PuzzleConfig& config) {
  std::set<const TensorInfo*> known;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    const TensorInfo* info = find_puzzle_tensor(reader, config, tensor.name);
    if (info == nullptr) return bad(fmt::format("{}: this tensor is missing", tensor.name));
    if (info->shape != tensor.shape) {
      return bad(fmt::format("{}: its shape is {}, expected {}", info->name, info->shape.text(),
                             tensor.shape.text()));
    }
    const bool is_float = info->dtype == gpu::DType::F32 || info->dtype == gpu::DType::F16 ||
                          info->dtype == gpu::DType::BF16;
    const bool is_eight_bits =
        info->dtype == gpu::DType::Int8Row || info->dtype == gpu::DType::Q8_0;
    if (!is_float && !(is_eight_bits && may_be_int8(tensor.name))) {
      return bad(
          fmt::format("{}: its dtype is {}; a puzzle reasoner's are f32, f16 and bf16, of "
                      "matrices int8 and q8_0 too",
                      info->name, gpu::dtype_name(info->dtype)));
    }
    known.insert(info);
  }
  for (const TensorInfo& info : reader.tensors()) {
    // Buffers of the published programs that hold no weights.
    if (starts_with_any(unwrapped(info.name), {"rotary_emb.", "puzzle_emb.local_"})) continue;
    if (!known.contains(&info)) {
      return bad(fmt::format("{}: a tensor that this puzzle reasoner does not have", info.name));
    }
  }
  return {};
}

}  // namespace

bool is_puzzle_file(const CheckpointReader& reader) {
  return is_ours(reader) ||
         (find_published(reader, "L_level.layers.0.mlp.down_proj.weight") != nullptr &&
          find_published(reader, "puzzle_emb.weights") != nullptr);
}

Result<PuzzleConfig> read_puzzle_config(const CheckpointReader& reader) {
  if (!is_puzzle_file(reader)) {
    return bad(
        "this is no puzzle reasoner: neither does its metadata say so nor has it the "
        "tensors of a published HRM or TRM");
  }
  Result<PuzzleConfig> config =
      is_ours(reader) ? parse_puzzle_metadata(reader.metadata()) : read_published(reader);
  if (!config) return config;
  if (Status status = check_tensors(reader, *config); !status) return status.error();
  return config;
}

std::string published_name(const PuzzleConfig& config, const std::string& name) {
  static const std::map<std::string, std::string> kNames = {
      {"puz.emb.weight", "embed_tokens.embedding_weight"},
      {"puz.pos.weight", "embed_pos.embedding_weight"},
      {"puz.id.weight", "puzzle_emb.weights"},
      {"puz.zH0", "H_init"},
      {"puz.zL0", "L_init"},
      {"puz.head.weight", "lm_head.weight"},
      {"puz.q.weight", "q_head.weight"},
      {"puz.q.bias", "q_head.bias"}};
  static const std::map<std::string, std::string> kBlockNames = {
      {"mix.qkv.weight", "self_attn.qkv_proj.weight"},
      {"mix.out.weight", "self_attn.o_proj.weight"},
      {"mix.gate_up.weight", "mlp_t.gate_up_proj.weight"},
      {"mix.down.weight", "mlp_t.down_proj.weight"},
      {"ff.gate_up.weight", "mlp.gate_up_proj.weight"},
      {"ff.down.weight", "mlp.down_proj.weight"}};
  if (const auto found = kNames.find(name); found != kNames.end()) return found->second;
  constexpr std::string_view kBlocks = ".blocks.";
  const size_t blocks = name.find(kBlocks);
  if (blocks == std::string::npos) return "";
  const size_t number = blocks + kBlocks.size(), dot = name.find('.', number);
  if (dot == std::string::npos) return "";
  const auto found = kBlockNames.find(name.substr(dot + 1));
  if (found == kBlockNames.end()) return "";
  const bool is_high = !config.is_shared && name.starts_with("puz.H.");
  return fmt::format("{}_level.layers.{}.{}", is_high ? "H" : "L",
                     name.substr(number, dot - number), found->second);
}

const TensorInfo* find_puzzle_tensor(const CheckpointReader& reader, const PuzzleConfig& config,
                                     const std::string& name) {
  if (const TensorInfo* info = reader.find(name)) return info;
  const std::string published = published_name(config, name);
  return published.empty() ? nullptr : find_published(reader, published);
}

}  // namespace greylag
