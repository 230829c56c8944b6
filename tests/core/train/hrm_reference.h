// SPDX-License-Identifier: Apache-2.0
// What should a reasoning core compute, and what are its gradients? Facts hrm.md 4.3 and
// rwkv7-and-training 1.2 token by token in f64 on plain LibTorch operations, apart from the
// trainer's code; LibTorch differentiates it.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/model/hrm_config.h"
#include "core/train/block_stack.h"

namespace greylag::train {

// A copy in f64; a leaf that requires a gradient when is_leaf.
Parameters in_f64(const Parameters& parameters, bool is_leaf);

// One H-cycle over a sequence, in place: input u, z_H and z_L [T, d] f64. is_one_step: only the
// last L call is recorded.
void reference_cycle(const HrmConfig& config, const Parameters& core, const at::Tensor& input,
                     at::Tensor& high, at::Tensor& low, bool is_one_step = false);

// W_in nrm(h): h [T, C] f64 -> u [T, d].
at::Tensor reference_input(const Parameters& core, const at::Tensor& h);

// One sequence h [T, C] f64 -> r [T, C] after each cycle. grad_cycles as Thinking's.
std::vector<at::Tensor> reference_residuals(const HrmConfig& config, const Parameters& core,
                                            const at::Tensor& h, int64_t grad_cycles);

}  // namespace greylag::train
