// SPDX-License-Identifier: Apache-2.0
// An adapter as a file of Greylag's own: safetensors with metadata, f32, sorted by layer.
#include <fmt/format.h>

#include <deque>

#include "core/adapter/adapter_file.h"
#include "core/adapter/adapter_shape.h"
#include "core/checkpoint/writer.h"

namespace greylag {

namespace {

const Error kForeignSize{ErrorCode::InvalidArgument, "the adapter does not fit this model"};

class Collection {
 public:
  Collection(const Config& config, const AdapterFile& adapter)
      : config_(config), adapter_(adapter) {}

  Status collect_matrices();
  Status collect_norms();
  Status collect_state();
  const std::vector<NamedTensor>& tensors() const { return tensors_; }

 private:
  Status add(std::string name, const gpu::Shape& shape, std::span<const float> values);
  std::span<const float> disha(const AdapterFile::Pair& pair);

  const Config& config_;
  const AdapterFile& adapter_;
  std::vector<NamedTensor> tensors_;
  std::deque<std::vector<float>> made_;  // what tensors_ borrows beside adapter_
};

Status Collection::add(std::string name, const gpu::Shape& shape, std::span<const float> values) {
  if (values.size() != static_cast<size_t>(shape.elements())) return kForeignSize;
  tensors_.push_back(
      {{std::move(name), gpu::DType::F32, shape, values.size_bytes()}, std::as_bytes(values)});
  return {};
}

// D [r, out] of B = D transposed.
std::span<const float> Collection::disha(const AdapterFile::Pair& pair) {
  const auto rank = static_cast<size_t>(adapter_.rank);
  const size_t out = pair.b.size() / rank;
  std::vector<float>& d = made_.emplace_back(pair.b.size());
  for (size_t o = 0; o < out; ++o) {
    for (size_t j = 0; j < rank; ++j) d[j * out + o] = pair.b[o * rank + j];
  }
  return d;
}

Status Collection::collect_matrices() {
  if (adapter_.lora.size() != static_cast<size_t>(config_.layers)) return kForeignSize;
  for (int64_t layer = 0; layer < config_.layers; ++layer) {
    for (int i = 0; i < kAdapterTargetCount; ++i) {
      const auto& pair = adapter_.lora[static_cast<size_t>(layer)][static_cast<size_t>(i)];
      if (pair.a.empty() && pair.b.empty()) continue;
      const auto target = static_cast<AdapterTarget>(i);
      const std::string key = target_key(layer, target);
      const int64_t in = target_in(config_, target), out = target_out(config_, target);
      if (adapter_.method == AdapterMethod::Miss) {
        const gpu::Shape shape{adapter_.rank, out};
        if (Status status = add(key + ".disha", shape, disha(pair)); !status) return status;
        continue;
      }
      const gpu::Shape a{adapter_.rank, in}, b{out, adapter_.rank};
      if (Status status = add(key + ".lora_A", a, pair.a); !status) return status;
      if (Status status = add(key + ".lora_B", b, pair.b); !status) return status;
    }
  }
  return {};
}

Status Collection::collect_norms() {
  for (const auto& [name, values] : adapter_.norms) {
    if (Status status = add(name, {config_.width}, values); !status) return status;
  }
  return {};
}

Status Collection::collect_state() {
  const gpu::Shape shape{config_.heads, config_.head_size, config_.head_size};
  const auto elements = static_cast<size_t>(shape.elements());
  const std::span<const float> all(adapter_.time_state);
  if (all.size() != elements * static_cast<size_t>(config_.layers)) return kForeignSize;
  for (int64_t layer = 0; layer < config_.layers; ++layer) {
    const auto values = all.subspan(static_cast<size_t>(layer) * elements, elements);
    if (Status status = add(time_state_key(layer), shape, values); !status) return status;
  }
  return {};
}

}  // namespace

Status save_adapter(const std::filesystem::path& path, const Config& config,
                    const AdapterFile& adapter) {
  const AdapterMethod method =
      adapter.method == AdapterMethod::Pissa ? AdapterMethod::Lora : adapter.method;
  std::map<std::string, std::string> metadata = {{"base_sha256", adapter.base_sha256},
                                                 {"method", adapter_method_name(method)}};
  Collection collection(config, adapter);
  if (method != AdapterMethod::State) {
    metadata["rank"] = std::to_string(adapter.rank);
    metadata["alpha"] = fmt::format("{}", adapter.alpha);
    if (Status status = collection.collect_matrices(); !status) return status;
    if (Status status = collection.collect_norms(); !status) return status;
  }
  if (method == AdapterMethod::State || !adapter.time_state.empty()) {
    if (Status status = collection.collect_state(); !status) return status;
  }
  return write_safetensors(path, collection.tensors(), metadata);
}

}  // namespace greylag
