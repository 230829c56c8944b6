// SPDX-License-Identifier: Apache-2.0
#include "core/train/skipped_step.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/file.h"

namespace greylag::train {

Status write_skipped_step(const std::filesystem::path& folder, const protocol::Metric& metric,
                          std::span<const SkippedSample> samples) {
  nlohmann::json places = nlohmann::json::array();
  for (const SkippedSample& sample : samples) {
    places.push_back({{"index", sample.index}, {"line", sample.line}});
  }
  const nlohmann::json json{{"step", metric.step},     {"lr", metric.lr},
                            {"loss", metric.loss},     {"grad_norm", metric.grad_norm},
                            {"tokens", metric.tokens}, {"samples", places}};
  return write_file_atomic(folder / fmt::format("skipped-{:08}.json", metric.step),
                           json.dump(1) + "\n");
}

}  // namespace greylag::train
