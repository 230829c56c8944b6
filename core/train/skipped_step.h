// SPDX-License-Identifier: Apache-2.0
// Why was a step skipped? What was known of a step whose loss or gradient was not finite, as
// skipped-XXXXXXXX.json in the run's folder: numbers and places in the data, no text.
#pragma once

#include <filesystem>
#include <span>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag::train {

struct SkippedSample {
  int64_t index = 0;  // among the run's training samples
  int64_t line = 0;   // where it stands in the data file
};

// {"step", "lr", "loss", "grad_norm", "tokens", "samples": [{"index", "line"}]}; a number that is
// not finite is null. Errors of write_file_atomic.
Status write_skipped_step(const std::filesystem::path& folder, const protocol::Metric& metric,
                          std::span<const SkippedSample> samples);

}  // namespace greylag::train
