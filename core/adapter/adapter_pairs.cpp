// SPDX-License-Identifier: Apache-2.0
// Tensor by tensor in the file's order; a pair is checked for its other half at the end.
#include "core/adapter/adapter_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/adapter/adapter_shape.h"
#include "core/adapter/adapter_tensor.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

std::string shown_key(size_t layer, size_t target) {
  return target_key(static_cast<int64_t>(layer), static_cast<AdapterTarget>(target));
}

// Reads the tensors of the two parts; read(info, tensor, pair) fills its share of the pair.
template <typename Read>
Result<AdapterPairs> read_pairs(CheckpointReader& reader, const Config& config, Read read) {
  AdapterPairs pairs(static_cast<size_t>(config.layers));
  for (const TensorInfo& info : reader.tensors()) {
    const AdapterTensor tensor = parse_adapter_tensor(info.name);
    if (tensor.part > AdapterPart::Disha) continue;
    if (tensor.layer >= config.layers) return unknown_adapter_tensor(info.name, &config);
    auto& pair = pairs[static_cast<size_t>(tensor.layer)][static_cast<size_t>(tensor.target)];
    if (Status status = read(info, tensor, pair); !status) return status.error();
  }
  for (size_t layer = 0; layer < pairs.size(); ++layer) {
    for (size_t target = 0; target < pairs[layer].size(); ++target) {
      const AdapterFile::Pair& pair = pairs[layer][target];
      if (pair.a.empty() == pair.b.empty()) continue;
      return bad_file(fmt::format("{}.lora_{}: this tensor is missing", shown_key(layer, target),
                                  pair.a.empty() ? "A" : "B"));
    }
  }
  return pairs;
}

// Of a LoRA's half, read at its own rank: rows of A or columns of B up to `rank` are zero, and B is
// multiplied by its scale.
std::vector<float> widened(const std::vector<float>& half, bool is_a, size_t own_rank, size_t rank,
                           double scale) {
  const size_t length = half.size() / own_rank;  // of a row of A, of a column of B
  std::vector<float> wide(length * rank, 0.0f);
  if (is_a) {
    std::ranges::copy(half, wide.begin());
    return wide;
  }
  for (size_t o = 0; o < length; ++o) {
    for (size_t j = 0; j < own_rank; ++j) {
      wide[o * rank + j] = static_cast<float>(scale * double{half[o * own_rank + j]});
    }
  }
  return wide;
}

}  // namespace

Result<AdapterPairs> read_lora_pairs(CheckpointReader& reader, const Config& config, int64_t rank,
                                     const PeftConfig* peft) {
  const bool is_uniform = peft == nullptr || peft->is_uniform();
  return read_pairs(
      reader, config,
      [&](const TensorInfo& info, const AdapterTensor& tensor, AdapterFile::Pair& pair) -> Status {
        if (tensor.part == AdapterPart::Disha) return unknown_adapter_tensor(info.name, &config);
        const bool is_a = tensor.part == AdapterPart::LoraA || tensor.part == AdapterPart::InitA;
        const std::string module = target_key(tensor.layer, tensor.target);
        const int64_t own_rank = is_uniform ? rank : std::min(rank, peft->rank_of(module));
        const gpu::Shape shape = is_a ? gpu::Shape{own_rank, target_in(config, tensor.target)}
                                      : gpu::Shape{target_out(config, tensor.target), own_rank};
        Result<std::vector<float>> values = read_adapter_tensor(reader, info, shape);
        if (!values) return values.error();
        std::vector<float>& half = is_a ? pair.a : pair.b;
        if (!half.empty()) return bad_file(printable(info.name) + ": this matrix occurs twice");
        half = is_uniform ? std::move(*values)
                          : widened(*values, is_a, static_cast<size_t>(own_rank),
                                    static_cast<size_t>(rank), peft->scale_of(module));
        return {};
      });
}

Result<AdapterPairs> read_miss_pairs(CheckpointReader& reader, const Config& config, int64_t rank,
                                     const PeftConfig* peft) {
  const int64_t mini = peft == nullptr ? 0 : peft->mini_r;
  return read_pairs(
      reader, config,
      [&](const TensorInfo& info, const AdapterTensor& tensor, AdapterFile::Pair& pair) -> Status {
        if (tensor.part != AdapterPart::Disha) return unknown_adapter_tensor(info.name, &config);
        const auto in = static_cast<size_t>(target_in(config, tensor.target));
        const auto out = static_cast<size_t>(target_out(config, tensor.target));
        const auto r = static_cast<size_t>(rank);
        const auto columns = mini > 0 ? static_cast<size_t>(mini) : out;
        if (out % columns != 0) {
          return bad_file(fmt::format("{}: mini_r is {}, which does not divide {}",
                                      printable(info.name), columns, out));
        }
        const Result<std::vector<float>> values =
            read_adapter_tensor(reader, info, {rank, static_cast<int64_t>(columns)});
        if (!values) return values.error();
        if (!pair.b.empty()) return bad_file(printable(info.name) + ": this matrix occurs twice");
        pair.a.assign(r * in, 0.0f);
        for (size_t i = 0; i < in; ++i) pair.a[i % r * in + i] = 1.0f;
        pair.b.resize(out * r);
        for (size_t o = 0; o < out; ++o) {
          for (size_t j = 0; j < r; ++j) pair.b[o * r + j] = (*values)[j * columns + o % columns];
        }
        return {};
      });
}

Result<AdapterPairs> subtract_pairs(const AdapterPairs& trained, const AdapterPairs& initial,
                                    int64_t rank) {
  const auto r = static_cast<size_t>(rank);
  AdapterPairs pairs(trained.size());
  for (size_t layer = 0; layer < trained.size(); ++layer) {
    for (size_t target = 0; target < trained[layer].size(); ++target) {
      const AdapterFile::Pair& now = trained[layer][target];
      const AdapterFile::Pair& then = initial[layer][target];
      if (now.a.empty() != then.a.empty()) {
        return bad_file(fmt::format("{}: only one of the adapter and its init file has it",
                                    shown_key(layer, target)));
      }
      if (now.a.empty()) continue;
      AdapterFile::Pair& both = pairs[layer][target];
      both.a = now.a;
      both.a.insert(both.a.end(), then.a.begin(), then.a.end());
      both.b.resize(2 * now.b.size());
      for (size_t row = 0; row * r < now.b.size(); ++row) {
        for (size_t j = 0; j < r; ++j) {
          both.b[row * 2 * r + j] = now.b[row * r + j];
          both.b[row * 2 * r + r + j] = -then.b[row * r + j];
        }
      }
    }
  }
  return pairs;
}

}  // namespace greylag
