// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reasoner_file.h"

#include <ATen/ATen.h>

#include <cstring>

#include "core/base/file.h"
#include "core/checkpoint/writer.h"
#include "core/train/base_model.h"

namespace greylag::reason {

namespace fs = std::filesystem;

namespace {

gpu::Shape shape_of(const at::Tensor& tensor) {
  return gpu::Shape(std::span(tensor.sizes().data(), tensor.sizes().size()));
}

TensorInfo info_of(const std::string& name, const gpu::Shape& shape, gpu::DType dtype) {
  TensorInfo info;
  info.name = name;
  info.dtype = dtype;
  info.shape = shape;
  info.size_bytes = gpu::size_bytes(dtype, shape);
  return info;
}

gpu::DType dtype_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? gpu::DType::BF16 : gpu::DType::F32;
}

at::Tensor on_cpu(const at::Tensor& tensor) { return tensor.detach().cpu().contiguous(); }

}  // namespace

Result<PuzzleNet> load_reasoner(const fs::path& path, at::Device device) {
  auto reader = open_checkpoint(path);
  if (!reader) return reader.error().in("loading " + path_to_utf8(path.filename()));
  const auto config = read_puzzle_config(**reader);
  if (!config) return config.error().in("loading " + path_to_utf8(path.filename()));
  Parameters parameters;
  for (const PuzzleTensor& tensor : puzzle_tensors(*config)) {
    const TensorInfo* info = find_puzzle_tensor(**reader, *config, tensor.name);
    if (info == nullptr) return Error{ErrorCode::BadFile, "the file has no tensor " + tensor.name};
    auto values = train::read_tensor(**reader, *info);
    if (!values) return values.error();
    parameters.emplace(tensor.name, values->to(device));
  }
  return PuzzleNet::create(*config, std::move(parameters));
}

Status write_reasoner(const fs::path& path, const PuzzleConfig& config,
                      const Parameters& parameters, gpu::DType dtype) {
  std::vector<TensorInfo> infos;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    infos.push_back(info_of(tensor.name, tensor.shape, dtype));
  }
  const auto source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    const at::Tensor values = on_cpu(parameters.at(info.name)).to(at::kFloat);
    gpu::convert(values.data_ptr(), gpu::DType::F32, out.data(), info.dtype, values.numel());
    return {};
  };
  return write_safetensors(path, infos, puzzle_metadata(config), source);
}

Status save_parts(const fs::path& path, const NamedParts& parts) {
  std::vector<TensorInfo> infos;
  size_t next = 0;
  for (const auto& [name, tensor] : parts) {
    infos.push_back(info_of(name, shape_of(tensor), dtype_of(tensor)));
  }
  const auto source = [&](const TensorInfo& /*info*/, std::span<std::byte> out) -> Status {
    const at::Tensor values = on_cpu(parts[next++].second);
    if (!out.empty()) std::memcpy(out.data(), values.data_ptr(), out.size());
    return {};
  };
  return write_safetensors(path, infos, {{"format", "greylag-parts-1"}}, source);
}

Status load_parts(const fs::path& path, const NamedParts& parts) {
  auto reader = open_checkpoint(path, Origin::Own);
  if (!reader) return reader.error();
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parts) {
    const TensorInfo* info = (*reader)->find(name);
    const std::string file = path_to_utf8(path.filename());
    if (info == nullptr) return Error{ErrorCode::BadFile, file + " lacks " + name};
    if (info->dtype != dtype_of(tensor) || !(info->shape == shape_of(tensor))) {
      return Error{ErrorCode::BadFile, file + ": " + name + " has another shape or dtype"};
    }
    at::Tensor values = at::empty(tensor.sizes(), tensor.options().device(at::kCPU));
    std::byte* const bytes = static_cast<std::byte*>(values.data_ptr());
    if (auto read = (*reader)->read(*info, {bytes, info->size_bytes}); !read) return read;
    at::Tensor to = tensor;
    to.copy_(values);
  }
  return {};
}

}  // namespace greylag::reason
