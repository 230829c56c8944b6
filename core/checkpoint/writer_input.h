// SPDX-License-Identifier: Apache-2.0
// Are these tensors fit to be written, and how does the data of one get into a file? Shared by the
// writers.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/base/output_file.h"
#include "core/base/result.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/writer.h"

namespace greylag {

// Sum of size_bytes. InvalidArgument: a bad or repeated name, a size that is not that of the shape.
Result<uint64_t> check_writer_input(std::span<const TensorInfo> tensors);

// Moves data from a source into a file, through memory for the largest of `tensors`. The file and
// the source outlive it.
class TensorData {
 public:
  TensorData(OutputFile& file, std::span<const TensorInfo> tensors, const TensorSource& source);
  // The tensor's data, or a step over it where the file keeps it. `see`, if given, is shown all of
  // it either way.
  Status write(const TensorInfo& info, const OutputFile::Observer& see = {});

 private:
  OutputFile& file_;
  const TensorSource& source_;
  std::unique_ptr<std::byte[]> buffer_;  // for the largest, uninitialised
};

}  // namespace greylag
