// SPDX-License-Identifier: Apache-2.0
// How wrong is the model, and where to? Output projection and cross-entropy in one function that
// sees learned rows only and never stores the logits of all rows (facts 1.4).
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

}  // namespace greylag::train
