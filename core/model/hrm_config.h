// SPDX-License-Identifier: Apache-2.0
// What HRM reasoning core for a language model is in a file (facts hrm.md 4.3, 4.8), and which
// tensors does it hold? The file is safetensors with "format" = "rwkv7-hrm-1".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"
#include "core/model/config.h"
#include "core/model/recursion.h"

namespace greylag {

// Of one module: its tensors' names begin with "hrm." + name + ".blocks.".
enum class HrmModule { Low, High };

struct HrmConfig {
  // Shape of a module: layers n, width d, ranks; no vocabulary.
  Config module;
  Recursion recursion{2, 3};  // N_H, T_L
  int64_t tap = 0;            // the core reads and adds after so many blocks of the base: 1 .. L
  bool is_shared = false;     // one module in both roles
  bool has_gate = false;      // r times sigmoid(w_g . nrm(h) + b_g), per token
  // > 0: trained to let a token rest once sigmoid(q) passes this after a cycle (facts 4.6); later
  // calls leave it out.
  double halt_tau = 0;
  // The base that it was made for.
  int64_t base_width = 0, base_layers = 0, base_vocab = 0;
  std::string base_sha256;             // may be empty
  gpu::DType dtype = gpu::DType::F32;  // of the matrices

  int64_t width() const { return module.width; }    // d
  int64_t blocks() const { return module.layers; }  // n
  // Recurrent states of one sequence: call p, block j has the layer p n + j of a StatePool.
  Config state() const;
  // "L" and "H", or "F" for both when shared.
  std::string module_name(HrmModule which) const;
  // Weights that are read, with a shared module counted once.
  int64_t parameters() const;
};

// The defaults of facts 4.3 for a base: d = C / 2 rounded up to a multiple of 64, n = 2, N_H = 2,
// T_L = 3, after the last block. width 0, blocks 0 and tap 0 stand for these. InvalidArgument names
// what is out of range.
Result<HrmConfig> make_hrm_config(const Config& base, int64_t width = 0, int64_t blocks = 0,
                                  Recursion recursion = {2, 3}, int64_t tap = 0,
                                  bool is_shared = false, bool has_gate = false);

struct HrmTensor {
  std::string name;
  gpu::Shape shape;
};
// In file order: hrm.in.weight [d, C]; hrm.z0 [d]; hrm.{L,H}.blocks.j.* (or hrm.F.blocks.j.*) with
// the names and layouts of an RWKV-7 of n layers at width d, without ln0 and without v0 v1 v2 in
// block 0; hrm.out.weight [C, d]; hrm.alpha []; hrm.q.weight [1, d], hrm.q.bias [1]; with a gate
// hrm.gate.weight [1, C], hrm.gate.bias [1].
std::vector<HrmTensor> hrm_tensors(const HrmConfig& config);

// d, n, n_h, t_l, tap, share, base_C, base_L, base_V, base_sha256 and format; halt_tau when set.
std::map<std::string, std::string> hrm_metadata(const HrmConfig& config);

// BadFile names the key or the tensor and the rule: every tensor of hrm_tensors, and none else.
Result<HrmConfig> read_hrm_config(const CheckpointReader& reader);

// Whether the core fits a base: equal C and at least `tap` blocks. BadFile says what differs.
// (Another base of the same shape is allowed: callers warn when base_sha256 differs.)
Status check_hrm_base(const HrmConfig& core, const Config& base);

}  // namespace greylag
