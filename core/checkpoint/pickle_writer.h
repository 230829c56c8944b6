// SPDX-License-Identifier: Apache-2.0
// What does torch.save put into data.pkl for a state dict? Protocol 2, an OrderedDict of tensors,
// tensor i alone in storage i.
#pragma once

#include <span>
#include <string>

#include "core/checkpoint/reader.h"

namespace greylag::pickle {

// Opens in PyTorch with weights_only=True. Texts and globals are memoised as torch does.
std::string write_state_dict(std::span<const TensorInfo> tensors);

}  // namespace greylag::pickle
