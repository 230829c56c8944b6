// SPDX-License-Identifier: Apache-2.0
// How do the matrices of LoRA, PiSSA and MiSS become pairs A [rank, in], B [out, rank]?
#pragma once

#include <array>
#include <vector>

#include "core/adapter/adapter_file.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// L layers; an empty pair is a matrix that is not adapted.
using AdapterPairs = std::vector<std::array<AdapterFile::Pair, kAdapterTargetCount>>;

// lora_A and lora_B (of an init file also init_lora_A, init_lora_B) of the given rank; with a
// config that is not uniform each of its own, padded with zeros to that rank, and its scale in its
// B. BadFile: a shape, a half of a pair, a layer that the model does not have.
Result<AdapterPairs> read_lora_pairs(CheckpointReader& reader, const Config& config, int64_t rank,
                                     const PeftConfig* peft = nullptr);

// disha [r, out] -> A[j, i] = 1 where i mod r = j, B = D transposed: s_j = sum over m of x[m r + j]
// is A x, also where r does not divide the length of x. With mini_r of a config the file holds that
// many columns of disha, which repeat.
Result<AdapterPairs> read_miss_pairs(CheckpointReader& reader, const Config& config, int64_t rank,
                                     const PeftConfig* peft = nullptr);

// [B, -B0] [A; A0], rank 2 r, from two pairs of rank r each. BadFile when they adapt different
// matrices.
Result<AdapterPairs> subtract_pairs(const AdapterPairs& trained, const AdapterPairs& initial,
                                    int64_t rank);

}  // namespace greylag
