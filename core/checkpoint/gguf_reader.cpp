// SPDX-License-Identifier: Apache-2.0
// A GGUF of RWKV-7 as llama.cpp and its converter lay it out: the container says where bytes are,
// gguf_layout what they mean. Only the header is looked at, whatever the size of the data.
#include <fmt/format.h>

#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/gguf_container.h"
#include "core/checkpoint/gguf_layout.h"
#include "core/checkpoint/gguf_model_keys.h"

namespace greylag {
namespace {

Status add_standard_tensors(const GgmlTensor& tensor, std::vector<StoredTensor>& standard) {
  const std::vector<LayoutPart> parts = parts_of_gguf_tensor(tensor.name);
  if (parts.empty()) {
    return bad_file(
        fmt::format("{}: a tensor that RWKV-7 does not have in GGUF", printable(tensor.name)));
  }
  for (const LayoutPart& part : parts) {
    Result<StoredTensor> view = standard_view(tensor, part);
    if (!view) return view.error();
    if (!is_unused_value_gate(part)) standard.push_back(std::move(*view));
  }
  return {};
}

}  // namespace

Result<TensorTable> parse_gguf(std::span<const std::byte> file) {
  const Result<GgufKeys> keys = read_gguf_keys(file);
  if (!keys) return keys.error();
  if (const Status status = check_gguf_is_rwkv7(*keys); !status) return status.error();
  const Result<GgufTensors> found = read_gguf_tensors(file, *keys);
  if (!found) return found.error();
  TensorTable table;
  table.format = "gguf";
  for (const GgmlTensor& tensor : found->tensors) {
    if (const Status status = add_standard_tensors(tensor, table.tensors); !status) {
      return status.error();
    }
  }
  if (const Status status = check_gguf_sizes(*keys, table.tensors); !status) {
    return status.error();
  }
  for (const auto& [key, value] : keys->values) {
    if (std::optional<std::string> shown = value.shown()) {
      table.metadata.emplace(key, std::move(*shown));
    }
  }
  table.tokens = gguf_tokens(*keys);
  table.regions.push_back(
      {"data", found->data_offset, file.size() - found->data_offset, std::nullopt});
  return table;
}

}  // namespace greylag
