// SPDX-License-Identifier: Apache-2.0
// How does a checkpoint become another file: other format, other types? In one pass with little
// memory (the largest tensor and some tens of MB), and so that a run which was cut short goes on
// where it stopped: core/base/resumable_file.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/convert/conversion_plan.h"

namespace greylag {

struct ConversionProgress {
  uint64_t done_bytes = 0, total_bytes = 0;  // of the output
  uint64_t kept_bytes = 0;                   // of done_bytes, from an earlier run
  double seconds = 0;                        // of this run
};

struct ConversionOptions {
  std::optional<gpu::DType> type;  // none: each tensor keeps its own where it can
  unsigned threads = 0;            // 0: all cores
  // Of a .gguf: choose_tokenizer's explicit_file and its folder.
  std::optional<std::filesystem::path> vocabulary = {};
  std::filesystem::path tokenizers_dir = {};
  bool is_restarting = false;             // forget what an earlier run left
  uint64_t sync_every_bytes = 64u << 20;  // see ResumableOptions
  // Often; returns false to stop. What is written so far stays for the next run.
  std::function<bool(const ConversionProgress&)> progress = {};
  // Told, before the work starts, what the user should know: a sentence each.
  std::function<void(const std::string&)> note = {};
};

struct Conversion {
  OutputFormat format = OutputFormat::Safetensors;
  int64_t tensors = 0;
  uint64_t bytes_in = 0, bytes_out = 0;  // of the files
  uint64_t kept_bytes = 0;               // of bytes_out, from an earlier run
  uint64_t read_bytes = 0;               // tensor data that this run read
  double seconds = 0;
  std::vector<Fallback> fallbacks;
};

// in: any checkpoint that open_checkpoint and read_config accept; out: .pth, .safetensors or .gguf,
// replaced whole at the end. Errors name the file: InvalidArgument (out is in, or cannot hold the
// type), NotFound, BadFile (also NaN, infinity, too large a number; nothing is kept then), Conflict
// (another process writes out), NoSpace (before anything is written if it can be foreseen),
// Cancelled.
Result<Conversion> convert_checkpoint(const std::filesystem::path& in,
                                      const std::filesystem::path& out,
                                      const ConversionOptions& options = {});

}  // namespace greylag
