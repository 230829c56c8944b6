// SPDX-License-Identifier: Apache-2.0
// What does a quantisation cost? Two models read the same text; what they predict is compared
// position by position.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/model/weights.h"
#include "gpu/device.h"

namespace greylag {

struct QualityReport {
  int64_t positions = 0;                         // predictions that were compared
  double source_perplexity = 0, perplexity = 0;  // exp of the mean loss in nats per token
  // KL(source || other) in nats, and the share of positions where both have the same likeliest
  // token.
  double mean_kl = 0, largest_kl = 0, same_top = 0;
  // Of logits, which carry an offset that no probability shows: each row's mean is taken out first.
  double rms_logit_error = 0, largest_logit_error = 0;
};

struct QualityOptions {
  int64_t window = 512;        // tokens read from a zero state before the next window starts
  int64_t most_tokens = 4096;  // of the text; the rest is left out
};

// Both models on one device, from zero states. tokens: at least 2, of the models' vocabulary.
// progress(done, total positions) returns false to cancel. InvalidArgument (vocabularies differ,
// too few tokens, token out of range), Cancelled.
Result<QualityReport> compare_models(const std::shared_ptr<const Weights>& source,
                                     const std::shared_ptr<const Weights>& other,
                                     gpu::Device& device, std::span<const int32_t> tokens,
                                     const QualityOptions& options = {},
                                     const std::function<bool(int64_t, int64_t)>& progress = {});

}  // namespace greylag
