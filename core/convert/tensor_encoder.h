// SPDX-License-Identifier: Apache-2.0
// How does one tensor get from its dtype in the source into another? Row by row through f32, on all
// cores, in pieces: while one piece is encoded the next is read. No value may be lost on the way:
// NaN, infinity and numbers beyond the range of the new type are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"
#include "gpu/cpu/thread_pool.h"

namespace greylag {

// Reader and pool outlive it. One thread.
class TensorEncoder {
 public:
  // Told of the bytes of `out` that are done; returns false to cancel.
  using Progress = std::function<bool(uint64_t done_bytes)>;

  TensorEncoder(CheckpointReader& reader, gpu::ThreadPool& pool) : reader_(reader), pool_(pool) {}

  // from: a tensor of the reader; to: the same shape in another dtype (or the same: copied bit for
  // bit). out: to.size_bytes. BadFile names the tensor and where in it the value is; Cancelled.
  Status encode(const TensorInfo& from, const TensorInfo& to, std::span<std::byte> out,
                const Progress& progress);

 private:
  CheckpointReader& reader_;
  gpu::ThreadPool& pool_;
  std::vector<std::byte> pieces_[2];  // read in turns
};

}  // namespace greylag
