// SPDX-License-Identifier: Apache-2.0
#include "core/train/base_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/checkpoint/writer.h"
#include "gpu/tensor.h"

namespace greylag::train {

namespace fs = std::filesystem;

namespace {

std::vector<int64_t> sizes_of(const gpu::Shape& shape) {
  std::vector<int64_t> sizes;
  for (int i = 0; i < shape.rank(); ++i) sizes.push_back(shape[i]);
  return sizes;
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.data_ptr()),
          static_cast<size_t>(tensor.numel()) * sizeof(float)};
}

NamedTensor named(const std::string& name, const at::Tensor& tensor) {
  NamedTensor out;
  out.info.name = name;
  out.info.dtype = gpu::DType::F32;
  out.info.shape = gpu::Shape(std::span(tensor.sizes().data(), tensor.sizes().size()));
  out.bytes = bytes_of(tensor);
  out.info.size_bytes = out.bytes.size();
  return out;
}

// name -> the three tensors that a checkpoint keeps of it.
struct Kept {
  const char* prefix;
  at::Tensor TrainedTensor::*member;
};
constexpr Kept kKept[] = {{"weight.", &TrainedTensor::value},
                          {"first.", &TrainedTensor::first},
                          {"second.", &TrainedTensor::second}};

}  // namespace

Result<at::Tensor> read_tensor(CheckpointReader& reader, const TensorInfo& info) {
  const Result<std::vector<float>> values = reader.read_f32(info.name);
  if (!values) return values.error();
  at::Tensor tensor = at::empty(sizes_of(info.shape), at::kFloat);
  std::memcpy(tensor.data_ptr(), values->data(), values->size() * sizeof(float));
  return tensor;
}

Result<BaseModel> load_base_model(const fs::path& path) {
  auto reader = open_checkpoint(path);
  if (!reader) return reader.error();
  auto config = read_config(**reader);
  if (!config) return config.error();
  uint64_t elements = 0;
  for (const TensorInfo& info : (*reader)->tensors()) {
    elements += static_cast<uint64_t>(info.shape.elements());
  }
  if (elements * sizeof(float) > platform::memory_available_bytes()) {
    return Error{
        ErrorCode::NoSpace,
        fmt::format("training needs the weights in f32, {} MiB, and {} MiB of memory are "
                    "free",
                    elements * sizeof(float) >> 20, platform::memory_available_bytes() >> 20)};
  }
  std::map<std::string, at::Tensor> parameters;
  std::vector<TensorInfo> infos;
  for (const TensorInfo& info : (*reader)->tensors()) {
    auto tensor = read_tensor(**reader, info);
    if (!tensor) return tensor.error();
    parameters.emplace(info.name, std::move(*tensor));
    infos.push_back(without_blocks(info));
  }
  auto model = Rwkv7Autograd::create(*config, std::move(parameters));
  if (!model) return model.error();
  std::error_code error;
  return BaseModel{std::move(*model), std::move(infos), fs::file_size(path, error)};
}

Status save_model(const fs::path& path, const Rwkv7Autograd& model,
                  const std::vector<TensorInfo>& infos) {
  return write_safetensors(path, infos, {{"format", "pt"}},
                           [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
                             const at::Tensor tensor = model.at(info.name).contiguous();
                             gpu::convert(tensor.data_ptr(), gpu::DType::F32, out.data(),
                                          info.dtype, tensor.numel());
                             return {};
                           });
}

Status save_moments(const fs::path& path, const std::vector<TrainedTensor>& tensors) {
  std::vector<NamedTensor> kept;
  for (const TrainedTensor& tensor : tensors) {
    for (const Kept& part : kKept) {
      kept.push_back(named(part.prefix + tensor.name, tensor.*part.member));
    }
  }
  return write_safetensors(path, kept, {{"format", "pt"}});
}

Status load_moments(const fs::path& path, std::vector<TrainedTensor>& tensors) {
  auto reader = open_checkpoint(path, Origin::Own);
  if (!reader) return reader.error();
  for (TrainedTensor& tensor : tensors) {
    for (const Kept& part : kKept) {
      const std::string name = part.prefix + tensor.name;
      at::Tensor& to = tensor.*part.member;
      const TensorInfo* info = (*reader)->find(name);
      if (info == nullptr) return Error{ErrorCode::BadFile, "trainer.safetensors lacks " + name};
      if (info->dtype != gpu::DType::F32 || sizes_of(info->shape) != to.sizes().vec()) {
        return Error{ErrorCode::BadFile, "trainer.safetensors: " + name + " has another shape"};
      }
      std::byte* const bytes = static_cast<std::byte*>(to.data_ptr());
      if (auto read = (*reader)->read(*info, {bytes, info->size_bytes}); !read) return read;
    }
  }
  return {};
}

}  // namespace greylag::train
