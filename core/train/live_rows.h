// SPDX-License-Identifier: Apache-2.0
// Which tokens still think? Rows of [B T, ...] that have not halted, as a shorter batch: the live
// tokens of each sequence in order, padded at the end. What stands at the end of a sequence changes
// nothing before it, so the padding is free of effect, and a token that is left out is one that the
// recurrence never saw. One thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace greylag::train {

class LiveRows {
 public:
  // All rows live.
  LiveRows(int64_t batch, int64_t time);

  // bool [B T].
  const at::Tensor& mask() const { return mask_; }
  int64_t count() const { return count_; }
  // Rows that are live and in `wanted` (bool [B T]) stay; the others halt for good.
  void keep(const at::Tensor& wanted);

  // all [B T, d] -> [B longest, d]; a gradient flows back to the live rows.
  at::Tensor gather(const at::Tensor& all) const;
  // `all` with the live rows replaced by those of part [B longest, d].
  at::Tensor scatter(const at::Tensor& all, const at::Tensor& part) const;

 private:
  void index_rows();

  int64_t batch_, time_;
  at::Tensor mask_;
  int64_t count_ = 0;
  at::Tensor padded_;     // int64 [B longest]: row of `all` for each place
  at::Tensor rows_;       // int64 [count]: the live rows
  at::Tensor places_;     // int64 [count]: where each stands in the padded batch
  bool is_whole_ = true;  // nothing halted: no copies
};

}  // namespace greylag::train
