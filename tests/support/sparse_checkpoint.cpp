// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sparse_checkpoint.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag::test {

Status write_sparse_checkpoint(const std::filesystem::path& path, int64_t layers, int64_t width) {
  constexpr int64_t kTinyWidth = 64;
  nlohmann::ordered_json header;
  uint64_t end = 0;
  for (const TinyTensor& tiny : make_tiny_tensors({.layers = layers, .width = kTinyWidth})) {
    const std::string& name = tiny.info.name;
    const bool is_vocabulary = name == "emb.weight" || name == "head.weight";
    std::vector<int64_t> shape;
    uint64_t size = 2;
    for (int i = 0; i < tiny.info.shape.rank(); ++i) {
      int64_t n = tiny.info.shape[i];
      if (n == kTinyWidth && !(name.ends_with(".r_k") && i == 1)) n = width;
      if (n == 4 * kTinyWidth && !is_vocabulary) n = 4 * width;
      if (name.ends_with(".r_k") && i == 0) n = width / 64;
      shape.push_back(n);
      size *= static_cast<uint64_t>(n);
    }
    header[name] = {{"dtype", "F16"}, {"shape", shape}, {"data_offsets", {end, end + size}}};
    end += size;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  if (Status written = write_file_atomic(path, bytes + text); !written) return written;
  std::error_code failed;
  std::filesystem::resize_file(path, bytes.size() + text.size() + end, failed);
  if (failed) return Error{ErrorCode::Internal, failed.message()};
  return {};
}

}  // namespace greylag::test
