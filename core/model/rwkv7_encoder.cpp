// SPDX-License-Identifier: Apache-2.0
// Masked tokens never reach the model; the rows of the others are put back to their places.
#include "core/model/rwkv7_encoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace greylag {
namespace {

// Rows per forward: bounds the work buffers; the result does not depend on it.
constexpr size_t kChunk = 256;

}  // namespace

Rwkv7Encoder::Rwkv7Encoder(Rwkv7& model, StatePool& pool) : model_(model), pool_(pool) {}

Result<Encoding> Rwkv7Encoder::encode(std::span<const int32_t> ids, std::span<const uint8_t> mask,
                                      Pooling pooling) {
  if (!mask.empty() && mask.size() != ids.size()) {
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("the mask has {} values for {} tokens", mask.size(), ids.size())};
  }
  std::vector<int32_t> kept;
  std::vector<size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    kept.push_back(ids[i]);
    places.push_back(i);
  }
  if (kept.empty()) {
    return Error{ErrorCode::InvalidArgument, "there is no unmasked token to encode"};
  }
  Result<StateSlot> slot = pool_.take();
  if (!slot) return slot.error();

  const auto width = static_cast<size_t>(model_.config().width);
  Encoding encoding;
  encoding.hidden.assign(ids.size() * width, 0.0f);
  std::vector<double> sum(width, 0.0);
  std::vector<float> rows;
  Batch batch;
  for (size_t begin = 0; begin < kept.size(); begin += kChunk) {
    const size_t count = std::min(kChunk, kept.size() - begin);
    batch.clear();
    batch.add(std::span(kept).subspan(begin, count), slot->index(), nullptr, false);
    rows.resize(count * width);
    if (Status status = model_.forward(batch, pool_, {}, rows); !status) return status.error();
    for (size_t i = 0; i < count; ++i) {
      const float* row = rows.data() + i * width;
      std::copy_n(row, width, encoding.hidden.data() + places[begin + i] * width);
      for (size_t c = 0; c < width; ++c) sum[c] += static_cast<double>(row[c]);
    }
  }

  encoding.pooled.resize(width);
  if (pooling == Pooling::Mean) {
    for (size_t c = 0; c < width; ++c) {
      encoding.pooled[c] = static_cast<float>(sum[c] / static_cast<double>(kept.size()));
    }
  } else {
    const size_t place = pooling == Pooling::First ? places.front() : places.back();
    std::copy_n(encoding.hidden.data() + place * width, width, encoding.pooled.data());
  }
  return encoding;
}

}  // namespace greylag
