// SPDX-License-Identifier: Apache-2.0
// Checkpoints in and out of training: any dtype becomes f32 parameters; a trained model is written
// in the dtypes and the order of the file it came from, block formats as f16.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/train/optimizer.h"
#include "core/train/rwkv7_autograd.h"

namespace greylag::train {

struct BaseModel {
  Rwkv7Autograd model;
  std::vector<TensorInfo> infos;  // as in the file; f16 where it has block formats
  uint64_t file_bytes = 0;
};

// Errors of open_checkpoint and read_config; NoSpace when it does not fit into memory.
Result<BaseModel> load_base_model(const std::filesystem::path& path);

// A tensor of a file as f32.
Result<at::Tensor> read_tensor(CheckpointReader& reader, const TensorInfo& info);

// The model's parameters, each in its info's dtype, as safetensors.
Status save_model(const std::filesystem::path& path, const Rwkv7Autograd& model,
                  const std::vector<TensorInfo>& infos);

// Trained values and moments in f32: weight.NAME, first.NAME, second.NAME.
Status save_moments(const std::filesystem::path& path, const std::vector<TrainedTensor>& tensors);
// Restores them in place. BadFile when a tensor is missing or has another shape.
Status load_moments(const std::filesystem::path& path, std::vector<TrainedTensor>& tensors);

}  // namespace greylag::train
