// SPDX-License-Identifier: Apache-2.0
// Does our backward agree with a reference? The reference file holds tokens [B, T + 1], loss and
// grad.NAME for every tensor: inputs are tokens[:, :-1], targets tokens[:, 1:], the loss is the
// mean cross-entropy without L2Wrap, the state starts at zero.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag::train {

struct ParityReport {
  double loss_error = 0;  // absolute
  double max_relative_error = 0;
  struct Tensor {
    std::string name;
    double relative_error = 0;  // 2-norm of the difference over the 2-norm of the reference
  };
  std::vector<Tensor> tensors;
};

// is_recomputing: blocks are recomputed in the backward pass. Errors: of loading either file;
// BadFile when the reference lacks something or has another shape.
Result<ParityReport> check_parity(const std::filesystem::path& model,
                                  const std::filesystem::path& reference,
                                  bool is_recomputing = false);

}  // namespace greylag::train
