// SPDX-License-Identifier: Apache-2.0
// How does a fresh RWKV-7 block start? By the rules of facts rwkv7-and-training 2.1 for a model,
// and by those of hrm.md 4.4 for a block inside a recursion. Without LibTorch.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "gpu/tensor.h"

namespace greylag::train {

enum class BlockStart {
  Official,  // att.output, ffn.value and the first low-rank matrices are zero, others orthogonal
  Live,  // matrices are LeCun truncated normal (att.key x 0.3), so that every one learns at once
};

// Where the block stands: it is number `index` of `count`; count 1 counts as the first of many.
struct BlockPlace {
  int64_t index = 0;
  int64_t count = 1;
  int64_t width = 64;  // C, multiple of 64
};

// Values of the tensor `part` ("ln1.weight", "att.w0", "ffn.key.weight", as in blocks.l.PART), in
// the order of its shape. A part that blocks do not have is a broken invariant: aborts.
std::vector<float> initial_block_tensor(std::string_view part, const gpu::Shape& shape,
                                        const BlockPlace& place, BlockStart start,
                                        CounterRandom& random);

// [rows, cols], orthonormal along the shorter side, times gain.
std::vector<float> orthogonal(int64_t rows, int64_t cols, double gain, CounterRandom& random);

}  // namespace greylag::train
