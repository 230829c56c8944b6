// SPDX-License-Identifier: Apache-2.0
// How wrong is the model, and where to? For language, output projection and cross-entropy in one
// function that sees learned rows only and never stores the logits of all rows (facts 1.4). For
// puzzles, the cross-entropy of stablemax in f64 (facts hrm.md 1.6).
#pragma once

#include <ATen/core/Tensor.h>

namespace greylag::train {

inline constexpr int64_t kNotLearned = -1;

// hidden [M, C] f32, head [V, C] f32, targets [M] int64 (kNotLearned = no target) -> the *sum* of
// the rows' cross-entropies, a 0-dim f64 tensor. Its gradient carries L2Wrap: per learned row
// l2wrap x the largest logit is added at that logit, scaled by the upstream gradient like the rest.
// So dividing the result by the number of learned targets gives the mean form of facts 1.4.
at::Tensor head_loss(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                     double l2wrap);

// Whether the largest logit is the target's: bool [M], false where nothing is learned. No gradient.
at::Tensor head_hits(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets);

// logits [M, V] of any float dtype, targets [M] int64 on the same device (kNotLearned = no target)
// -> the cross-entropy of each row [M] in f64, 0 where there is no target. p_j = s(x_j) / sum s,
// s(x) = x + 1 for x >= 0, else 1 / (1 - x): it grows linearly, so that logits cannot overflow.
at::Tensor stablemax_loss(const at::Tensor& logits, const at::Tensor& targets);

}  // namespace greylag::train
