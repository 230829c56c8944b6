// SPDX-License-Identifier: Apache-2.0
// Whole sequences to vectors: all hidden states after ln_out, and one pooled vector. Used by
// embeddings and by HRM.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/rwkv7.h"

namespace greylag {

enum class Pooling { Mean, First, Last };  // over the rows whose mask is 1

struct Encoding {
  std::vector<float> hidden;  // [T, C]; rows with mask 0 are zero
  std::vector<float> pooled;  // [C]
};

class Rwkv7Encoder {
 public:
  Rwkv7Encoder(Rwkv7& model, StatePool& pool);
  // ids: T tokens; mask: T values 0 or 1, or empty = all ones. Masked tokens are skipped: they
  // change neither the state nor the other rows. Always starts from the zero state. Errors:
  // InvalidArgument (empty, nothing unmasked, token out of range), TooManyRequests.
  Result<Encoding> encode(std::span<const int32_t> ids, std::span<const uint8_t> mask,
                          Pooling pooling);

 private:
  Rwkv7& model_;
  StatePool& pool_;
};

}  // namespace greylag
