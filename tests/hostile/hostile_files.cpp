// SPDX-License-Identifier: Apache-2.0
// The sets, and how each kind of file is read.
#include "tests/hostile/hostile_files.h"

#include "core/adapter/adapter_file.h"
#include "core/model/state_pool.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag::test {
namespace {

Config hostile_model() {
  Config config;
  config.layers = 2;
  config.heads = 2;
  config.head_size = 4;
  config.width = 8;
  config.ffn_width = 32;
  config.vocab = 16;
  return config;
}

Status status_of(const auto& result) { return result.ok() ? Status() : Status(result.error()); }

Status read_checkpoint(const std::filesystem::path& path) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  std::vector<std::byte> bytes;
  for (const TensorInfo& info : (*reader)->tensors()) {
    bytes.resize(static_cast<size_t>(info.size_bytes));
    if (Status status = (*reader)->read(info, bytes); !status) return status;
  }
  return {};
}

}  // namespace

const std::vector<HostileSet>& hostile_sets() {
  static const std::vector<HostileSet> sets = {
      {"pickle-opcodes", ReadAs::Checkpoint, hostile_pickle_opcodes},
      {"pickle-globals", ReadAs::Checkpoint, hostile_pickle_globals},
      {"pickle-calls", ReadAs::Checkpoint, hostile_pickle_calls},
      {"pickle-storages", ReadAs::Checkpoint, hostile_pickle_storages},
      {"pickle-tensors", ReadAs::Checkpoint, hostile_pickle_tensors},
      {"pickle-structure", ReadAs::Checkpoint, hostile_pickle_structure},
      {"zip-entries", ReadAs::Checkpoint, hostile_zip_entries},
      {"zip-names", ReadAs::Checkpoint, hostile_zip_names},
      {"zip-ends", ReadAs::Checkpoint, hostile_zip_ends},
      {"zip-truncations", ReadAs::Checkpoint, hostile_zip_truncations},
      {"safetensors-headers", ReadAs::Checkpoint, hostile_safetensors_headers},
      {"safetensors-tensors", ReadAs::Checkpoint, hostile_safetensors_tensors},
      {"safetensors-blocks", ReadAs::Checkpoint, hostile_safetensors_blocks},
      {"safetensors-truncations", ReadAs::Checkpoint, hostile_safetensors_truncations},
      {"gguf-headers", ReadAs::Checkpoint, hostile_gguf_headers},
      {"gguf-keys", ReadAs::Checkpoint, hostile_gguf_keys},
      {"gguf-tensors", ReadAs::Checkpoint, hostile_gguf_tensors},
      {"gguf-offsets", ReadAs::Checkpoint, hostile_gguf_offsets},
      {"gguf-foreign", ReadAs::Checkpoint, hostile_gguf_foreign},
      {"gguf-layout", ReadAs::Checkpoint, hostile_gguf_layout},
      {"gguf-sizes", ReadAs::Checkpoint, hostile_gguf_sizes},
      {"gguf-truncations", ReadAs::Checkpoint, hostile_gguf_truncations},
      {"rwkv-cpp", ReadAs::Checkpoint, hostile_rwkv_cpp},
      {"rwkv-cpp-truncations", ReadAs::Checkpoint, hostile_rwkv_cpp_truncations},
      {"other-kinds", ReadAs::Checkpoint, hostile_other_kinds},
      {"states", ReadAs::State, hostile_states},
      {"adapters", ReadAs::Adapter, hostile_adapters},
      {"vocabularies", ReadAs::Vocabulary, hostile_vocabularies},
  };
  return sets;
}

Status read_as(ReadAs kind, const std::filesystem::path& path) {
  switch (kind) {
    case ReadAs::Checkpoint:
      return read_checkpoint(path);
    case ReadAs::State:
      return status_of(load_state(path, hostile_model()));
    case ReadAs::Adapter:
      return status_of(load_adapter(path, hostile_model()));
    case ReadAs::Vocabulary:
      return status_of(load_tokenizer(path));
  }
  return {};
}

}  // namespace greylag::test
