// SPDX-License-Identifier: Apache-2.0
// The order of torch.save: data.pkl, byteorder, data/0.., version.
#include "core/base/file.h"
#include "core/checkpoint/pickle_writer.h"
#include "core/checkpoint/writer.h"
#include "core/checkpoint/writer_input.h"
#include "core/checkpoint/zip_writer.h"

namespace greylag {

Status write_pth(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                 const TensorSource& source) {
  if (const Result<uint64_t> total = check_writer_input(tensors); !total) return total.error();
  for (const TensorInfo& info : tensors) {
    if (gpu::is_block_format(info.dtype)) {
      return Error{ErrorCode::InvalidArgument, info.name + ": a .pth holds no block formats"};
    }
  }
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.error();
  ZipWriter zip(*file, "archive");
  const auto add_text = [&](const std::string& name, const std::string& text) {
    return zip.add(name, std::as_bytes(std::span(text)));
  };
  if (Status status = add_text("data.pkl", pickle::write_state_dict(tensors)); !status) {
    return status;
  }
  if (Status status = add_text("byteorder", "little"); !status) return status;
  std::vector<std::byte> buffer;
  for (size_t i = 0; i < tensors.size(); ++i) {
    buffer.resize(static_cast<size_t>(tensors[i].size_bytes));
    if (Status status = source(tensors[i], buffer); !status) return status;
    if (Status status = zip.add("data/" + std::to_string(i), buffer); !status) return status;
  }
  if (Status status = add_text("version", "3\n"); !status) return status;
  if (Status status = zip.finish(); !status) return status;
  return file->commit();
}

}  // namespace greylag
