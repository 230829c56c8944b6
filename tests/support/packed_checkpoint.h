// SPDX-License-Identifier: Apache-2.0
// A checkpoint again, with its large matrices in a block format.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/checkpoint/writer.h"
#include "gpu/quant/quant.h"

namespace greylag::test {

inline bool is_large_matrix(const TensorInfo& info) {
  if (info.name == "emb.weight" || info.name == "head.weight") return true;
  for (const char* name : {"receptance", "key", "value", "output"}) {
    if (info.name.ends_with(std::string(name) + ".weight")) return true;
  }
  return false;
}

// As a safetensors file.
inline void write_packed(CheckpointReader& reader, gpu::DType format,
                         const std::filesystem::path& path) {
  std::vector<TensorInfo> infos;
  for (TensorInfo info : reader.tensors()) {
    if (is_large_matrix(info)) {
      info.dtype = format;
      info.size_bytes = gpu::size_bytes(format, info.shape);
    }
    infos.push_back(std::move(info));
  }
  const Status written = write_safetensors(
      path, infos, {}, [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
        const std::vector<float> values = reader.read_f32(info.name).value();
        gpu::convert_rows(values.data(), gpu::DType::F32, out.data(), info.dtype,
                          info.shape.elements() / info.shape[-1], info.shape[-1]);
        return {};
      });
  ASSERT_TRUE(written.ok()) << written.error().message;
}

}  // namespace greylag::test
