// SPDX-License-Identifier: Apache-2.0
// A .pth: zip_directory says where bytes are, pickle_vm what they mean; here every storage and
// every tensor is checked to lie inside its entry. A storage's CRC is checked when it is first
// read.
#include <fmt/format.h>

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/pickle_vm.h"
#include "core/checkpoint/zip_directory.h"

namespace greylag {

namespace {

using Bytes = std::span<const std::byte>;

// Where a tensor's elements are.
struct Place {
  size_t entry = 0;                                     // index in the zip directory
  uint64_t offset = 0;                                  // bytes into the entry
  std::array<int64_t, gpu::Shape::kMaxRank> strides{};  // elements
};

class PthReader final : public CheckpointReader {
 public:
  PthReader(MappedFile file, ZipDirectory directory)
      : file_(std::move(file)), directory_(std::move(directory)) {}

  Status add(const pickle::NamedTensor& tensor);
  std::string_view format() const override { return "pth"; }
  std::span<const TensorInfo> tensors() const override { return infos_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }
  Status read(const TensorInfo& info, std::span<std::byte> out) override;
  Status verify() override;
  Bytes entry_bytes(const ZipEntry& entry) const {
    return file_.bytes().subspan(static_cast<size_t>(entry.offset),
                                 static_cast<size_t>(entry.size_bytes));
  }
  const ZipDirectory& directory() const { return directory_; }
  Bytes file_bytes() const { return file_.bytes(); }

 private:
  MappedFile file_;
  ZipDirectory directory_;
  std::vector<TensorInfo> infos_;
  std::vector<Place> places_;                      // beside infos_
  std::unordered_map<std::string, size_t> index_;  // by name
  std::unordered_set<size_t> checked_entries_;     // their CRC was right
  std::map<std::string, std::string> metadata_;
  CheckedSize viewed_bytes_ = 0;
};

Error bad_tensor(std::string_view name, std::string_view rule) {
  return bad_file(fmt::format("{}: {}", printable(name), rule));
}

CheckedSize element_count(const gpu::Shape& shape) {
  CheckedSize count = 1;
  for (int i = 0; i < shape.rank(); ++i) count = count * CheckedSize::from_signed(shape[i]);
  return count;
}

// offset + sum of (size - 1) x stride, in elements; only for tensors that are not empty.
CheckedSize last_element(const pickle::Tensor& tensor) {
  CheckedSize last = tensor.offset;
  for (int i = 0; i < tensor.shape.rank(); ++i) {
    const CheckedSize steps = CheckedSize::from_signed(tensor.shape[i]) - 1;
    last = last + steps * CheckedSize::from_signed(tensor.strides[static_cast<size_t>(i)]);
  }
  return last;
}

Status PthReader::add(const pickle::NamedTensor& named) {
  const std::string name(strip_name_prefix(named.name));
  const pickle::Tensor& tensor = named.tensor;
  const CheckedSize element_bytes = gpu::dtype_size(named.storage.dtype);
  const int64_t entry = directory_.index_of(fmt::format("data/{}", named.storage.key));
  if (entry < 0) return bad_tensor(name, "its storage is not in the file");
  const uint64_t entry_size = directory_.entries()[static_cast<size_t>(entry)].size_bytes;
  if (!(CheckedSize(named.storage.elements) * element_bytes).equals(entry_size)) {
    return bad_tensor(name, "the size of its storage differs from the file's entry");
  }
  const CheckedSize elements = element_count(tensor.shape);
  const CheckedSize size_bytes = elements * element_bytes;
  if (!size_bytes.is_valid()) return bad_tensor(name, "its size overflows");
  const bool is_inside = elements.value() == 0
                             ? CheckedSize(tensor.offset).at_most(named.storage.elements)
                             : (last_element(tensor) + 1).at_most(named.storage.elements);
  if (!is_inside) return bad_tensor(name, "it reaches beyond its storage");
  viewed_bytes_ = viewed_bytes_ + size_bytes;
  if (!viewed_bytes_.at_most(CheckedSize(file_.bytes().size()) * 2)) {
    return bad_tensor(name, "the tensors together view more than twice the file's size");
  }
  if (name.empty()) return bad_tensor(named.name, "the name is only a prefix");
  if (!index_.emplace(name, infos_.size()).second) {
    return bad_tensor(name, "the name occurs twice");
  }
  infos_.push_back({name, named.storage.dtype, tensor.shape, size_bytes.value()});
  Place place{.entry = static_cast<size_t>(entry),
              .offset = (CheckedSize(tensor.offset) * element_bytes).value(),
              .strides = tensor.strides};
  for (int d = 0; d < tensor.shape.rank(); ++d) {
    if (tensor.shape[d] == 1)
      place.strides[static_cast<size_t>(d)] = 0;  // never stepped; unchecked
  }
  places_.push_back(place);
  return {};
}

// Copies a strided tensor, innermost dimension last, into contiguous memory.
void gather(const std::byte* from, const gpu::Shape& shape, const Place& place, size_t element,
            std::span<std::byte> out) {
  std::array<int64_t, gpu::Shape::kMaxRank> at{};
  int64_t position = 0;  // elements from `from`
  for (size_t written = 0; written < out.size(); written += element) {
    std::memcpy(out.data() + written, from + static_cast<size_t>(position) * element, element);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      const auto i = static_cast<size_t>(d);
      position += place.strides[i];
      if (++at[i] < shape[d]) break;
      position -= place.strides[i] * shape[d];
      at[i] = 0;
    }
  }
}

bool is_contiguous(const gpu::Shape& shape, const Place& place) {
  int64_t expected = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    if (shape[d] != 1 && place.strides[static_cast<size_t>(d)] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

Status PthReader::read(const TensorInfo& info, std::span<std::byte> out) {
  const auto found = index_.find(info.name);
  if (found == index_.end()) {
    return Error{ErrorCode::NotFound, fmt::format("there is no tensor {}", printable(info.name))};
  }
  const TensorInfo& own = infos_[found->second];
  const Place& place = places_[found->second];
  if (out.size() != own.size_bytes) {
    return Error{ErrorCode::InvalidArgument, "the buffer has not the tensor's size"};
  }
  const ZipEntry& entry = directory_.entries()[place.entry];
  if (!checked_entries_.contains(place.entry)) {
    if (const Status status = check_crc(file_.bytes(), entry); !status) {
      return status.error().in(own.name);
    }
    checked_entries_.insert(place.entry);
  }
  if (out.empty()) return {};
  const std::byte* from = entry_bytes(entry).data() + place.offset;
  if (is_contiguous(own.shape, place)) {
    std::memcpy(out.data(), from, out.size());
  } else {
    gather(from, own.shape, place, gpu::dtype_size(own.dtype), out);
  }
  return {};
}

Status PthReader::verify() {
  for (const ZipEntry& entry : directory_.entries()) {
    if (Status status = check_crc(file_.bytes(), entry); !status) return status;
  }
  return {};
}

// The small text entries beside data.pkl.
Status check_side_entries(const PthReader& reader) {
  const auto text_of = [&](const ZipEntry& entry) {
    const Bytes bytes = reader.entry_bytes(entry);
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const ZipEntry& entry : reader.directory().entries()) {
    if (entry.name.starts_with("data/") || entry.name == "data.pkl") continue;
    if (entry.size_bytes > 1024) return bad_file(fmt::format("{}: larger than 1 KiB", entry.name));
    if (Status status = check_crc(reader.file_bytes(), entry); !status) return status;
    if (entry.name == "byteorder" && text_of(entry) != "little") {
      return bad_file("byteorder: only little-endian checkpoints are supported");
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<CheckpointReader>> open_pth(MappedFile file) {
  Result<ZipDirectory> directory = ZipDirectory::parse(file.bytes());
  if (!directory) return directory.error();
  const int64_t index = directory->index_of("data.pkl");
  if (index < 0) return bad_file("zip: there is no data.pkl; this is not a PyTorch checkpoint");
  const ZipEntry entry = directory->entries()[static_cast<size_t>(index)];
  auto reader = std::make_unique<PthReader>(std::move(file), std::move(*directory));
  if (const Status status = check_side_entries(*reader); !status) return status.error();
  if (const Status status = check_crc(reader->file_bytes(), entry); !status) {
    return status.error();
  }
  const auto tensors = pickle::read_state_dict(reader->entry_bytes(entry));
  if (!tensors) return tensors.error();
  for (const pickle::NamedTensor& tensor : *tensors) {
    if (const Status status = reader->add(tensor); !status) return status.error();
  }
  return std::unique_ptr<CheckpointReader>(std::move(reader));
}

}  // namespace greylag
