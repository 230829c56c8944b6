// SPDX-License-Identifier: Apache-2.0
// What puzzle reasoner is in a file (facts hrm.md 1 and 4.2), and which tensors does it hold? The
// file is safetensors: names and shapes of tensors(), metadata "format" = "greylag-puzzle-1" and
// one key per field of PuzzleConfig. The published HRM checkpoints (torch keys) open through
// published_name().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"
#include "core/model/recursion.h"
#include "gpu/tensor.h"

namespace greylag {

enum class PuzzleMixer { Attention, Mlp, Rwkv7 };  // "attention", "mlp_t", "rwkv7"
// The scan orders of the RWKV-7 mixer: four groups of heads in four orders; whole blocks in turn
// forwards and backwards; forwards alone.
enum class PuzzleScan { Four, Alternating, Causal };  // "scan4", "alt", "causal"
enum class PuzzleFeedForward { SwiGlu, ChannelMix };  // "swiglu", "cmix"

struct PuzzleConfig {
  std::string recipe = "trm";     // hrm-exact | trm | rwkv: where the defaults came from
  std::string task;               // sudoku | maze | arc, for grids and rules (core/puzzle)
  int64_t rows = 9, columns = 9;  // of the grid; S = rows * columns
  int64_t vocab = 11;             // tokens; 0 is padding
  int64_t width = 512;            // D, a multiple of 64
  int64_t heads = 8;              // D / 64 for the RWKV-7 mixer
  int64_t blocks = 2;             // per module
  Recursion recursion{3, 6};
  bool is_shared = true;  // one module F for both roles (TRM); else H and L
  PuzzleMixer mixer = PuzzleMixer::Mlp;
  PuzzleScan scan = PuzzleScan::Four;
  PuzzleFeedForward feed_forward = PuzzleFeedForward::SwiGlu;
  int64_t inner = 1536;       // I of SwiGLU: next multiple of 256 of round(4 D 2 / 3)
  int64_t mixer_inner = 512;  // of the MLP mixer, from S' by the same rule
  bool has_rotary = false;    // attention: theta 1e4
  bool has_positions =
      false;  // learned positions; e = sqrt(D / 2) ([p; E] + Pos) instead of sqrt(D) [p; E]
  bool is_mean_readout = false;  // q from the mean over positions of z_H; else from position 0
  int64_t puzzle_ids = 1;        // rows of the puzzle embedding
  int64_t prefix = 16;           // puzzle positions before the grid
  int64_t puzzle_width = 512;    // numbers per puzzle id, zero-padded to prefix * D
  int64_t decay_rank = 64, alpha_rank = 64, value_rank = 32, gate_rank = 128;  // RWKV-7 mixer

  int64_t cells() const { return rows * columns; }        // S
  int64_t positions() const { return prefix + cells(); }  // S'
};

struct PuzzleTensor {
  std::string name;
  gpu::Shape shape;
};

// Every tensor of a model, in file order:
//   puz.emb.weight [V, D]; puz.pos.weight [S', D] (learned positions); puz.id.weight [ids, puzzle
//   width]; puz.zH0, puz.zL0 [D]; puz.head.weight [V, D]; puz.q.weight [2, D], puz.q.bias [2]
//   (row 0 halt, 1 continue); and per block j of module X (F when shared, else H and L)
//   puz.X.blocks.j.mix.*: attention qkv.weight [3 D, D] (all q heads, all k, all v), out.weight
//   [D, D]; mlp_t gate_up.weight [2 I', S'], down.weight [S', I'] (applied on the [D, S'] view;
//   gate rows first); rwkv7: the names and layouts of blocks.j.att.* of an RWKV-7 at width D (v0 v1
//   v2 absent in block 0).
//   puz.X.blocks.j.ff.*: swiglu gate_up.weight [2 I, D] (gate rows first), down.weight [D, I];
//   cmix: the names of blocks.j.ffn.* at width D.
std::vector<PuzzleTensor> puzzle_tensors(const PuzzleConfig& config);

// The recipes of facts 4.2 for a grid and vocabulary; width 0 = the recipe's 512. InvalidArgument:
// unknown recipe, a width that is no multiple of 64, heads that cannot be split for scan4.
Result<PuzzleConfig> puzzle_recipe(const std::string& recipe, const std::string& task, int64_t rows,
                                   int64_t columns, int64_t vocab, int64_t width = 0);

// Whether such a model can be: sizes in their limits, a width of whole heads, heads that scan4 can
// split, a kind of positions that the mixer knows. InvalidArgument says what to change.
Status check_puzzle_config(const PuzzleConfig& config);

// Whether the file says that it is a puzzle reasoner, or has the tensors of a published one; its
// contents may still be wrong.
bool is_puzzle_file(const CheckpointReader& reader);

// Between the config and a file's metadata. BadFile names the key.
std::map<std::string, std::string> puzzle_metadata(const PuzzleConfig& config);
Result<PuzzleConfig> parse_puzzle_metadata(const std::map<std::string, std::string>& metadata);
// Of a file of ours, or of a published HRM or TRM checkpoint (told from its tensors' names and
// shapes; the grid is square). Checks every tensor's shape.
Result<PuzzleConfig> read_puzzle_config(const CheckpointReader& reader);

// The key of a tensor in the published checkpoints, without "_orig_mod." and "model.inner.":
// puz.L.blocks.0.mix.qkv.weight -> L_level.layers.0.self_attn.qkv_proj.weight (facts 1.2).
// Empty for a tensor that they do not have.
std::string published_name(const PuzzleConfig& config, const std::string& name);
// A tensor of the file by its name here or by its published one, with or without the prefixes of
// wrappers; null when there is none.
const TensorInfo* find_puzzle_tensor(const CheckpointReader& reader, const PuzzleConfig& config,
                                     const std::string& name);

}  // namespace greylag
