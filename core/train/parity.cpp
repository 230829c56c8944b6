// SPDX-License-Identifier: Apache-2.0
#include "core/train/parity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/protocol/training.h"
#include "core/train/base_model.h"
#include "core/train/loss.h"
#include "core/train/method.h"

namespace greylag::train {

namespace {

Error lacks(const std::string& what) {
  return Error{ErrorCode::BadFile, "the reference file " + what};
}

Result<at::Tensor> read_tokens(CheckpointReader& reader, int64_t vocab) {
  const TensorInfo* info = reader.find("tokens");
  if (info == nullptr || info->dtype != gpu::DType::I64 || info->shape.rank() != 2 ||
      info->shape[0] < 1 || info->shape[1] < 2) {
    return lacks("has no tokens [B, T + 1] in i64");
  }
  at::Tensor tokens = at::empty({info->shape[0], info->shape[1]}, at::kLong);
  std::byte* const bytes = static_cast<std::byte*>(tokens.data_ptr());
  if (auto read = reader.read(*info, {bytes, info->size_bytes}); !read) return read.error();
  if (tokens.min().item<int64_t>() < 0 || tokens.max().item<int64_t>() >= vocab) {
    return lacks("has tokens beyond the model's vocabulary");
  }
  return tokens;
}

Result<double> read_loss(CheckpointReader& reader) {
  const TensorInfo* info = reader.find("loss");
  if (info == nullptr || info->shape.elements() != 1 || info->dtype != gpu::DType::F64) {
    return lacks("has no loss in f64");
  }
  double loss = 0;
  std::byte* const bytes = reinterpret_cast<std::byte*>(&loss);
  if (auto read = reader.read(*info, {bytes, sizeof(loss)}); !read) return read.error();
  return loss;
}

Result<double> relative_error(CheckpointReader& reader, const TrainedTensor& tensor) {
  const TensorInfo* info = reader.find("grad." + tensor.name);
  if (info == nullptr) return lacks("lacks grad." + tensor.name);
  const auto wanted = read_tensor(reader, *info);
  if (!wanted) return wanted.error();
  if (wanted->numel() != tensor.value.numel()) return lacks("has another shape for " + tensor.name);
  const at::Tensor reference = wanted->reshape({-1}).to(at::kDouble);
  const at::Tensor& grad = tensor.value.grad();
  const at::Tensor ours =
      grad.defined() ? grad.reshape({-1}).to(at::kDouble) : at::zeros_like(reference);
  const double norm = reference.norm().item<double>();
  const double difference = (ours - reference).norm().item<double>();
  return norm > 0 ? difference / norm : difference;
}

}  // namespace

Result<ParityReport> check_parity(const std::filesystem::path& model_path,
                                  const std::filesystem::path& reference, bool is_recomputing) {
  auto base = load_base_model(model_path);
  if (!base) return base.error();
  auto reader = open_checkpoint(reference);
  if (!reader) return reader.error();
  const auto tokens = read_tokens(**reader, base->model.config().vocab);
  if (!tokens) return tokens.error();
  const auto wanted_loss = read_loss(**reader);
  if (!wanted_loss) return wanted_loss.error();
  protocol::RunConfig config;
  config.method = "full";
  const std::vector<TrainedTensor> trained = prepare_method(base->model, config);
  base->model.set_recompute(is_recomputing);
  const int64_t time = tokens->size(1) - 1;
  const at::Tensor targets = tokens->narrow(1, 1, time).reshape({-1});
  const at::Tensor hidden = base->model.hidden(tokens->narrow(1, 0, time).contiguous());
  const at::Tensor loss =
      head_loss(hidden, base->model.head(), targets, 0) / static_cast<double>(targets.numel());
  loss.backward();
  ParityReport report;
  report.loss_error = std::abs(loss.item<double>() - *wanted_loss);
  for (const TrainedTensor& tensor : trained) {
    const auto error = relative_error(**reader, tensor);
    if (!error) return error.error();
    report.tensors.push_back({tensor.name, *error});
    report.max_relative_error = std::max(report.max_relative_error, *error);
  }
  return report;
}

}  // namespace greylag::train
