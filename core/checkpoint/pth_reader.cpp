// SPDX-License-Identifier: Apache-2.0
// A .pth: zip_directory says where bytes are, pickle_vm what they mean; each tensor becomes a view
// of the zip entry that is its storage, whose size must be exactly that of the storage.
#include <fmt/format.h>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/pickle_vm.h"
#include "core/checkpoint/zip_directory.h"

namespace greylag {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(Bytes file, const FileRegion& entry) {
  return file.subspan(static_cast<size_t>(entry.offset), static_cast<size_t>(entry.size_bytes));
}

Error bad_tensor(std::string_view name, std::string_view rule) {
  return bad_file(fmt::format("{}: {}", printable(name), rule));
}

// Whether the tensor lies in its storage is check_table's to say.
Result<StoredTensor> stored_tensor(const pickle::NamedTensor& named,
                                   const ZipDirectory& directory) {
  StoredTensor tensor;
  tensor.info.name = std::string(strip_name_prefix(named.name));
  if (tensor.info.name.empty()) return bad_tensor(named.name, "the name is only a prefix");
  const CheckedSize element_bytes = gpu::dtype_size(named.storage.dtype);
  const int64_t entry = directory.index_of(fmt::format("data/{}", named.storage.key));
  if (entry < 0) return bad_tensor(named.name, "its storage is not in the file");
  tensor.region = static_cast<size_t>(entry);
  const uint64_t entry_bytes = directory.entries()[tensor.region].size_bytes;
  if (!(CheckedSize(named.storage.elements) * element_bytes).equals(entry_bytes)) {
    return bad_tensor(named.name, "the size of its storage differs from the file's entry");
  }
  const gpu::Shape& shape = named.tensor.shape;
  const CheckedSize size_bytes = element_count(shape) * element_bytes;
  const CheckedSize offset = CheckedSize(named.tensor.offset) * element_bytes;
  if (!size_bytes.is_valid()) return bad_tensor(named.name, "its size overflows");
  if (!offset.is_valid()) return bad_tensor(named.name, "it reaches beyond its storage");
  tensor.info.dtype = tensor.stored = named.storage.dtype;
  tensor.info.shape = shape;
  tensor.info.size_bytes = size_bytes.value();
  if (tensor.info.size_bytes == 0) return tensor;  // nothing is read: torch keeps any offset there
  tensor.offset = offset.value();
  tensor.strides = named.tensor.strides;
  for (int d = 0; d < shape.rank(); ++d) {  // never stepped, and not checked
    if (shape[d] == 1) tensor.strides[static_cast<size_t>(d)] = 0;
  }
  return tensor;
}

// The small text entries beside data.pkl.
Status check_side_entries(Bytes file, const ZipDirectory& directory) {
  for (const FileRegion& entry : directory.entries()) {
    if (entry.name.starts_with("data/") || entry.name == "data.pkl") continue;
    if (entry.size_bytes > 1024) return bad_file(fmt::format("{}: larger than 1 KiB", entry.name));
    if (Status status = check_crc(file, entry); !status) return status;
    const Bytes bytes = bytes_of(file, entry);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (entry.name == "byteorder" && text != "little") {
      return bad_file("byteorder: only little-endian checkpoints are supported");
    }
  }
  return {};
}

}  // namespace

Result<TensorTable> parse_pth(Bytes file) {
  const Result<ZipDirectory> directory = ZipDirectory::parse(file);
  if (!directory) return directory.error();
  const int64_t index = directory->index_of("data.pkl");
  if (index < 0) return bad_file("zip: there is no data.pkl; this is not a PyTorch checkpoint");
  const FileRegion& pickle = directory->entries()[static_cast<size_t>(index)];
  if (const Status status = check_side_entries(file, *directory); !status) return status.error();
  if (const Status status = check_crc(file, pickle); !status) return status.error();
  const auto tensors = pickle::read_state_dict(bytes_of(file, pickle));
  if (!tensors) return tensors.error();
  TensorTable table;
  table.format = "pth";
  table.regions.assign(directory->entries().begin(), directory->entries().end());
  for (const pickle::NamedTensor& named : *tensors) {
    Result<StoredTensor> tensor = stored_tensor(named, *directory);
    if (!tensor) return tensor.error();
    table.tensors.push_back(std::move(*tensor));
  }
  return table;
}

}  // namespace greylag
