// SPDX-License-Identifier: Apache-2.0
// How does a finetuning run train a reasoning core? Which core it starts from, which tensors learn
// at which rate, and what its options mean for the forward pass (facts hrm.md 4.5, 4.6).
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/protocol/training.h"
#include "core/train/hrm_loss.h"
#include "core/train/optimizer.h"

namespace greylag::train {

// A fresh core, or the one of hrm_core, which must fit the base; it carries the base's hash. Logs a
// warning when it was made for another base. Errors of load_core and make_hrm_config;
// InvalidArgument when hrm_grad_cycles does not go with its cycles.
Result<HrmAutograd> open_core(const Config& base, const protocol::RunConfig& config);

// The core's tensors that learn (not alpha, a strength that users set; q with halting only), then
// the backbone's LoRA or parameters, whose rate stays hrm_backbone_lr / lr of the core's.
std::vector<TrainedTensor> prepare_core(Rwkv7Autograd& base, HrmAutograd& core,
                                        const protocol::RunConfig& config);

// Of micro batch `part` of a step: alpha's warm-up, which tokens are forced to full depth.
HrmLossOptions core_loss_options(const protocol::RunConfig& config, int64_t step, int64_t part);

// As the core will be used: full strength, all cycles, halting by tau alone when it is trained.
Thinking core_validation(const protocol::RunConfig& config);

}  // namespace greylag::train
