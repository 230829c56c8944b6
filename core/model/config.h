// SPDX-License-Identifier: Apache-2.0
// What model is in a checkpoint? Everything is read from tensor names and shapes, never computed
// from a rule of thumb.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

struct Config {
  int64_t layers = 0;      // L
  int64_t width = 0;       // C
  int64_t heads = 0;       // H = C / 64
  int64_t head_size = 64;  // N
  int64_t vocab = 0;       // V, rows of emb and head
  int64_t ffn_width = 0;   // 4 C
  int64_t decay_rank = 0, alpha_rank = 0, value_rank = 0, gate_rank = 0;
  int64_t parameters = 0;              // elements of all tensors in the file
  gpu::DType dtype = gpu::DType::F32;  // of the layers' large matrices; may be a block format
};

// The low ranks that the official rule gives a fresh model of this width (R(x) of facts
// rwkv7-and-training.md 1.1: a multiple of 32, half to even, at least 32).
void set_official_ranks(Config& config);

// "rwkv7", "rwkv4", "rwkv5", "rwkv6", "rwkv7a", "rwkv7b", "rwkv8", "rosa", "transformer",
// "adapter", "state", "hrm" (a reasoning core), "puzzle" (a puzzle reasoner) or "unknown", from
// tensor names (and what a puzzle reasoner's metadata says) alone.
std::string identify_architecture(const CheckpointReader& reader);

// BadFile names the key and the rule; another architecture is named as such ("this is an RWKV-6
// checkpoint; Greylag runs RWKV-7").
Result<Config> read_config(const CheckpointReader& reader);

}  // namespace greylag
