// SPDX-License-Identifier: Apache-2.0
#include "core/train/merge_check.h"

#include <ATen/ATen.h>

#include "core/base/random.h"
#include "core/train/base_model.h"
#include "core/train/method.h"

namespace greylag::train {

namespace {

constexpr int64_t kTokens = 64;

at::Tensor fixed_tokens(int64_t vocab) {
  at::Tensor tokens = at::empty({1, kTokens}, at::kLong);
  CounterRandom random(1, 0);
  for (int64_t i = 0; i < kTokens; ++i) {
    tokens.data_ptr<int64_t>()[i] =
        static_cast<int64_t>(random.below(static_cast<uint64_t>(vocab)));
  }
  return tokens;
}

Result<at::Tensor> logits_of(const std::filesystem::path& path,
                             const std::filesystem::path& adapter_path,
                             const AdapterOptions& options) {
  auto base = load_base_model(path);
  if (!base) return base.error();
  if (!adapter_path.empty()) {
    const auto adapter = load_adapter(adapter_path, base->model.config(), {}, options);
    if (!adapter) return adapter.error();
    apply_adapter(base->model, *adapter);
  }
  const at::NoGradGuard no_grad;
  return base->model.forward(fixed_tokens(base->model.config().vocab));
}

}  // namespace

Result<double> largest_logit_difference(const std::filesystem::path& base,
                                        const std::filesystem::path& adapter,
                                        const std::filesystem::path& merged,
                                        const AdapterOptions& options) {
  const auto expected = logits_of(base, adapter, options);
  if (!expected) return expected.error();
  const auto found = logits_of(merged, {}, {});
  if (!found) return found.error();
  if (expected->sizes() != found->sizes()) {
    return Error{ErrorCode::BadFile, "the merged model has another shape than its base"};
  }
  return (*expected - *found).abs().max().item<double>();
}

}  // namespace greylag::train
