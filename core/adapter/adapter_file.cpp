// SPDX-License-Identifier: Apache-2.0
// Reading checks that every tensor of the file is one that the method knows and that it fits the
// model; nothing is skipped silently. Numbers in the metadata are decimal text.
#include "core/adapter/adapter_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/adapter/adapter_shape.h"
#include "core/adapter/check_base.h"
#include "core/checkpoint/writer.h"

namespace greylag {

namespace {

Error bad_file(std::string message) { return Error{ErrorCode::BadFile, std::move(message)}; }

std::string metadata_value(const CheckpointReader& reader, const std::string& key) {
  const auto found = reader.metadata().find(key);
  return found == reader.metadata().end() ? std::string() : found->second;
}

template <typename Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Reads name if it is in the file; counts what it read.
class TensorTaker {
 public:
  explicit TensorTaker(CheckpointReader& reader) : reader_(reader) {}
  Status take(const std::string& name, const gpu::Shape& shape, std::vector<float>& values) {
    const TensorInfo* info = reader_.find(name);
    if (info == nullptr) return bad_file(name + ": this tensor is missing");
    if (info->shape != shape) {
      return bad_file(fmt::format("{}: its shape is {}, expected {} for this model", name,
                                  info->shape.text(), shape.text()));
    }
    Result<std::vector<float>> read = reader_.read_f32(name);
    if (!read) return read.error();
    values = std::move(*read);
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
      return bad_file(name + ": it holds NaN or infinity");
    }
    ++taken_;
    return {};
  }
  bool has(const std::string& name) const { return reader_.find(name) != nullptr; }
  size_t taken() const { return taken_; }

 private:
  CheckpointReader& reader_;
  size_t taken_ = 0;
};

// The rank of the first lora_A in the file, 0 if there is none.
int64_t find_rank(const CheckpointReader& reader) {
  for (const TensorInfo& info : reader.tensors()) {
    if (info.name.ends_with(".lora_A") && info.shape.rank() == 2) return info.shape[0];
  }
  return 0;
}

Status read_lora_metadata(const CheckpointReader& reader, AdapterFile& adapter) {
  adapter.rank = find_rank(reader);
  if (adapter.rank < 1 || adapter.rank > kHighestRank) {
    return bad_file("lora_A: the rank is not in 1..4096");
  }
  const std::string rank_text = metadata_value(reader, "rank");
  int64_t rank = 0;
  if (!rank_text.empty() && (!parse_number(rank_text, rank) || rank != adapter.rank)) {
    return bad_file("metadata rank: it is not the rank of the tensors");
  }
  const std::string alpha_text = metadata_value(reader, "alpha");
  if (alpha_text.empty()) {
    return bad_file("metadata alpha: it is missing; without it the adapter's scale is unknown");
  }
  if (!parse_number(alpha_text, adapter.alpha) || !std::isfinite(adapter.alpha)) {
    return bad_file("metadata alpha: it is not a number");
  }
  return {};
}

Status read_lora(CheckpointReader& reader, const Config& config, AdapterFile& adapter) {
  if (const Status status = read_lora_metadata(reader, adapter); !status) return status;
  TensorTaker taker(reader);
  adapter.lora.resize(static_cast<size_t>(config.layers));
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    for (int i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      const std::string key = target_key(layer, target);
      if (!taker.has(key + ".lora_A") && !taker.has(key + ".lora_B")) continue;
      auto& pair = adapter.lora[static_cast<size_t>(layer)][static_cast<size_t>(i)];
      const gpu::Shape a{adapter.rank, target_in(config, target)};
      const gpu::Shape b{target_out(config, target), adapter.rank};
      if (Status status = taker.take(key + ".lora_A", a, pair.a); !status) return status;
      if (Status status = taker.take(key + ".lora_B", b, pair.b); !status) return status;
    }
  }
  if (taker.taken() == reader.tensors().size()) return {};
  for (const TensorInfo& info : reader.tensors()) {
    const std::string key = info.name.substr(0, info.name.rfind('.'));
    const bool is_pair = info.name.ends_with(".lora_A") || info.name.ends_with(".lora_B");
    bool is_known = false;
    for (int64_t layer = 0; is_pair && layer < config.layers && !is_known; ++layer) {
      for (int i = 0; i < kAdapterTargetCount; ++i) {
        is_known = is_known || key == target_key(layer, static_cast<AdapterTarget>(i));
      }
    }
    if (!is_known) return bad_file(info.name + ": not a tensor of a LoRA for this model");
  }
  return bad_file("it holds tensors that do not belong to a LoRA");
}

Status read_time_state(CheckpointReader& reader, const Config& config, AdapterFile& adapter) {
  TensorTaker taker(reader);
  const gpu::Shape shape{config.heads, config.head_size, config.head_size};
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    std::vector<float> values;
    if (Status status = taker.take(time_state_key(layer), shape, values); !status) return status;
    adapter.time_state.insert(adapter.time_state.end(), values.begin(), values.end());
  }
  if (taker.taken() == reader.tensors().size()) return {};
  return bad_file(
      fmt::format("it holds more tensors than the time_state of {} layers", config.layers));
}

Result<AdapterMethod> find_method(const CheckpointReader& reader) {
  const std::string kind = identify_architecture(reader);
  const std::string method = metadata_value(reader, "method");
  if (kind != "adapter" && kind != "state") {
    return bad_file(fmt::format("this is not an adapter (it looks like: {})", kind));
  }
  if (method.empty()) return kind == "state" ? AdapterMethod::State : AdapterMethod::Lora;
  if (method == "lora" && kind == "adapter") return AdapterMethod::Lora;
  if (method == "state" && kind == "state") return AdapterMethod::State;
  return bad_file("metadata method: it is not lora or state, or not what the tensors show");
}

std::string short_hash(const std::string& hash) { return hash.substr(0, 12); }

}  // namespace

Status check_base(const AdapterFile& adapter, const std::string& base_sha256) {
  if (adapter.base_sha256.empty() || base_sha256.empty()) return {};
  if (adapter.base_sha256 == base_sha256) return {};
  return Error{
      ErrorCode::Conflict,
      fmt::format("this adapter was made for another base model (SHA-256 {}..., not {}...)",
                  short_hash(adapter.base_sha256), short_hash(base_sha256))};
}

Result<AdapterFile> load_adapter(const std::filesystem::path& path, const Config& config,
                                 const std::string& expected_base_sha256) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  const Result<AdapterMethod> method = find_method(**reader);
  if (!method) return method.error();
  AdapterFile adapter;
  adapter.method = *method;
  adapter.base_sha256 = metadata_value(**reader, "base_sha256");
  if (!adapter.base_sha256.empty() && !is_sha256(adapter.base_sha256)) {
    return bad_file("metadata base_sha256: it is not 64 hexadecimal digits");
  }
  const Status matches = check_base(adapter, expected_base_sha256);
  if (!matches) return matches.error();
  const Status read = *method == AdapterMethod::Lora ? read_lora(**reader, config, adapter)
                                                     : read_time_state(**reader, config, adapter);
  if (!read) return read.error();
  return adapter;
}

namespace {

const Error kForeignSize{ErrorCode::InvalidArgument, "the adapter does not fit this model"};

NamedTensor named(std::string name, gpu::Shape shape, std::span<const float> values) {
  return {{std::move(name), gpu::DType::F32, shape, values.size_bytes()}, std::as_bytes(values)};
}

Status collect_lora(const Config& config, const AdapterFile& adapter,
                    std::vector<NamedTensor>& tensors) {
  if (adapter.lora.size() != static_cast<size_t>(config.layers)) return kForeignSize;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    for (int i = 0; i < kAdapterTargetCount; ++i) {
      const auto& pair = adapter.lora[static_cast<size_t>(layer)][static_cast<size_t>(i)];
      if (pair.a.empty() && pair.b.empty()) continue;
      const auto target = static_cast<AdapterTarget>(i);
      const gpu::Shape a{adapter.rank, target_in(config, target)};
      const gpu::Shape b{target_out(config, target), adapter.rank};
      if (pair.a.size() != static_cast<size_t>(a.elements()) ||
          pair.b.size() != static_cast<size_t>(b.elements())) {
        return kForeignSize;
      }
      tensors.push_back(named(target_key(layer, target) + ".lora_A", a, pair.a));
      tensors.push_back(named(target_key(layer, target) + ".lora_B", b, pair.b));
    }
  }
  return {};
}

}  // namespace

Status save_adapter(const std::filesystem::path& path, const Config& config,
                    const AdapterFile& adapter) {
  std::map<std::string, std::string> metadata = {{"base_sha256", adapter.base_sha256}};
  std::vector<NamedTensor> tensors;
  if (adapter.method == AdapterMethod::Lora) {
    metadata["method"] = "lora";
    metadata["rank"] = std::to_string(adapter.rank);
    metadata["alpha"] = fmt::format("{}", adapter.alpha);
    if (Status status = collect_lora(config, adapter, tensors); !status) return status;
  } else {
    metadata["method"] = "state";
    const gpu::Shape shape{config.heads, config.head_size, config.head_size};
    const auto elements = static_cast<size_t>(shape.elements());
    const std::span<const float> all(adapter.time_state);
    if (all.size() != elements * static_cast<size_t>(config.layers)) return kForeignSize;
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      const auto values = all.subspan(static_cast<size_t>(layer) * elements, elements);
      tensors.push_back(named(time_state_key(layer), shape, values));
    }
  }
  return write_safetensors(path, tensors, metadata);
}

}  // namespace greylag
