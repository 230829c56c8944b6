// SPDX-License-Identifier: Apache-2.0
// What does each method train? lora: pairs beside the six matrices of every layer, with train_norms
// the layer norms too; state: the
// initial wkv state of every layer; full: every parameter that the forward uses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/adapter/adapter_file.h"
#include "core/protocol/training.h"
#include "core/train/optimizer.h"
#include "core/train/rwkv7_autograd.h"

namespace greylag::train {

// Puts the method's trained tensors into the model and returns them (they share memory). The start
// of LoRA is a function of the seed: A Kaiming-uniform (sqrt 5), B zero.
std::vector<TrainedTensor> prepare_method(Rwkv7Autograd& model, const protocol::RunConfig& config);

// Puts a finished adapter into the model (nothing is trained).
void apply_adapter(Rwkv7Autograd& model, const AdapterFile& adapter);

// The model's LoRA or states as an adapter file's content.
AdapterFile extract_adapter(const Rwkv7Autograd& model, const protocol::RunConfig& config);

}  // namespace greylag::train
