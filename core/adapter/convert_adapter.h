// SPDX-License-Identifier: Apache-2.0
// How do other programs read an adapter of ours? As the .pth that RWKV-PEFT's merge scripts load:
// the same tensors under the same names. A .pth has no metadata, so the scale of a LoRA goes into a
// config of the peft library beside it; the scripts take it as an argument.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/adapter/adapter_file.h"
#include "core/base/result.h"

namespace greylag {

struct AdapterConversion {
  AdapterHeader header;          // rank and alpha: what a merge script wants to be told
  std::filesystem::path config;  // written beside a .pth; empty: none is needed
  int64_t tensors = 0;
  uint64_t size_bytes = 0;
};

// Adapter or tuned state -> .pth or .safetensors, by the ending of `out`. Tensors keep their values
// and dtypes. InvalidArgument: another ending, or `out` is `in`; Conflict: a .pth whose place for a
// config is taken by another file. BadFile: what describe_adapter refuses, and an adapter whose
// matrices are of several scales, or a PiSSA, which is two files: merge those.
Result<AdapterConversion> convert_adapter(const std::filesystem::path& in,
                                          const std::filesystem::path& out,
                                          const AdapterOptions& options = {});

}  // namespace greylag
