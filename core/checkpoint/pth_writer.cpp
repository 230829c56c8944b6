// SPDX-License-Identifier: Apache-2.0
// The order of torch.save: data.pkl, byteorder, data/0.., version.
#include <zlib.h>

#include "core/base/file.h"
#include "core/checkpoint/pickle_writer.h"
#include "core/checkpoint/writer.h"
#include "core/checkpoint/writer_input.h"
#include "core/checkpoint/zip_writer.h"

namespace greylag {

Status write_pth(OutputFile& file, std::span<const TensorInfo> tensors,
                 const TensorSource& source) {
  if (const Result<uint64_t> total = check_writer_input(tensors); !total) return total.error();
  for (const TensorInfo& info : tensors) {
    if (gpu::is_block_format(info.dtype)) {
      return Error{ErrorCode::InvalidArgument, info.name + ": a .pth holds no block formats"};
    }
  }
  ZipWriter zip(file, "archive");
  const auto add_text = [&](const std::string& name, const std::string& text) {
    return zip.add(name, std::as_bytes(std::span(text)));
  };
  if (Status status = add_text("data.pkl", pickle::write_state_dict(tensors)); !status) {
    return status;
  }
  if (Status status = add_text("byteorder", "little"); !status) return status;
  TensorData data(file, tensors, source);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string name = "data/" + std::to_string(i);
    if (Status status = zip.begin(name, tensors[i].size_bytes); !status) return status;
    uLong crc = 0;
    const auto add_to_crc = [&crc](std::span<const std::byte> bytes) {
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    };
    if (Status status = data.write(tensors[i], add_to_crc); !status) return status;
    if (Status status = zip.end(static_cast<uint32_t>(crc)); !status) return status;
  }
  if (Status status = add_text("version", "3\n"); !status) return status;
  return zip.finish();
}

Status write_pth(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                 const TensorSource& source) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.error();
  if (Status status = write_pth(*file, tensors, source); !status) return status;
  return file->commit();
}

}  // namespace greylag
