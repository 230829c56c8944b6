// SPDX-License-Identifier: Apache-2.0
// A file of rwkv.cpp (facts inference 3.5), all numbers int32, little-endian: "fmgg", version 100
// or 101, vocabulary, width, layers, type of the matrices; then tensors without padding up to the
// end of the file: dimensions, length of the name, type, lengths (fastest first), name, data.
// Models before RWKV-7 keep their names, by which they are known and refused later.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/ggml_tensor.h"
#include "core/checkpoint/gguf_layout.h"

namespace greylag {
namespace {

using gpu::DType;

constexpr uint32_t kMagic = 0x67676d66;
constexpr uint32_t kPlainVersion = 100, kQuantizedVersion = 101;
constexpr uint32_t kMostNameBytes = 1024;
constexpr size_t kMostTensors = 65'536;
constexpr std::string_view kFused = "att.x_rwkvag";

// rwkv.cpp's own numbers, not those of ggml.
Result<DType> dtype_of_number(uint32_t number) {
  constexpr std::optional<DType> kNone;
  struct Type {
    std::string_view name;
    std::optional<DType> dtype;
  };
  static constexpr Type kTypes[] = {
      {"F32", DType::F32},   {"F16", DType::F16},   {"Q4_0", DType::Q4_0}, {"Q4_1", DType::Q4_1},
      {"Q4_1_O", kNone},     {"Q4_2", kNone},       {"Q4_3", kNone},       {"Q5_0", DType::Q5_0},
      {"Q5_1", DType::Q5_1}, {"Q8_0", DType::Q8_0}, {"Q8_1", kNone},       {"Q2_K", kNone},
      {"Q3_K", kNone},       {"Q4_K", DType::Q4_K}, {"Q5_K", DType::Q5_K}, {"Q6_K", DType::Q6_K},
      {"Q8_K", kNone},
  };
  if (number >= std::size(kTypes)) {
    return bad_file(fmt::format("type number {} is not known", number));
  }
  const Type& type = kTypes[number];
  if (type.dtype) return *type.dtype;
  const bool is_retired = number >= 4 && number <= 6;
  return bad_file(fmt::format(
      "the type is {}, {}", type.name,
      is_retired ? "which rwkv.cpp has retired; convert the model again"
                 : "which Greylag does not run; it runs F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, "
                   "Q4_K, Q5_K and Q6_K"));
}

struct Header {
  uint32_t version = 0;
  int64_t vocab = 0, width = 0, layers = 0;
};

class FileReader {
 public:
  explicit FileReader(std::span<const std::byte> file) : cursor_(file) {}

  Result<Header> read_header() {
    const bool is_right_kind = cursor_.u32() == kMagic;
    Header header;
    header.version = cursor_.u32();
    for (int64_t* size : {&header.vocab, &header.width, &header.layers}) {
      *size = static_cast<int32_t>(cursor_.u32());
    }
    const uint32_t type = cursor_.u32();
    if (!cursor_.ok()) return ends_in("the header");
    if (!is_right_kind) return bad_file("this is not an rwkv.cpp file");
    if (header.version != kPlainVersion && header.version != kQuantizedVersion) {
      return bad_file(fmt::format(
          "rwkv.cpp file: version {}, where 100 and 101 are known; convert the model again",
          header.version));
    }
    if (header.vocab < 1 || header.width < 1 || header.layers < 1) {
      return bad_file("rwkv.cpp file: a size in the header is not positive");
    }
    const Result<DType> dtype = dtype_of_number(type);
    if (!dtype) return dtype.error().in("rwkv.cpp file");
    is_quantized_allowed_ = header.version == kQuantizedVersion;
    if (gpu::is_block_format(*dtype) && !is_quantized_allowed_) {
      return bad_file("rwkv.cpp file: it is quantised, which version 100 cannot be");
    }
    return header;
  }

  Result<std::vector<GgmlTensor>> read_tensors() {
    std::vector<GgmlTensor> tensors;
    while (cursor_.remaining() > 0) {
      if (tensors.size() == kMostTensors) return bad_file("rwkv.cpp file: more than 65536 tensors");
      const Result<GgmlTensor> tensor = read_one();
      if (!tensor) return tensor.error();
      tensors.push_back(*tensor);
    }
    return tensors;
  }

 private:
  Result<GgmlTensor> read_one() {
    const size_t start = cursor_.position();
    const uint32_t rank = cursor_.u32(), name_bytes = cursor_.u32(), type = cursor_.u32();
    if (!cursor_.ok()) return ends_in("a tensor's header");
    if (rank < 1 || rank > 3 || name_bytes < 1 || name_bytes > kMostNameBytes) {
      return bad_file(fmt::format(
          "rwkv.cpp file: a tensor has not 1 to 3 dimensions and a name of 1 to 1024 bytes (at "
          "byte {})",
          start));
    }
    GgmlTensor tensor;
    for (uint32_t d = 0; d < rank; ++d) tensor.ne[d] = static_cast<int32_t>(cursor_.u32());
    tensor.name = cursor_.take_text(name_bytes);
    if (!cursor_.ok()) return ends_in("a tensor's header");
    tensor.offset = cursor_.position();
    const auto refuse = [&](std::string_view rule) {
      return bad_file(fmt::format("{}: {}", printable(tensor.name), rule));
    };
    if (!is_valid_tensor_name(tensor.name)) return refuse("the name is not text");
    if (!names_.insert(tensor.name).second) return refuse("the name occurs twice");
    const Result<DType> dtype = dtype_of_number(type);
    if (!dtype) return dtype.error().in(printable(tensor.name));
    tensor.dtype = *dtype;
    if (gpu::is_block_format(tensor.dtype) && !is_quantized_allowed_) {
      return refuse("it is quantised, which version 100 cannot be");
    }
    const Result<uint64_t> size = size_bytes_of(tensor);
    if (!size) return size.error();
    cursor_.take(*size);
    if (!cursor_.ok()) {
      return refuse("it reaches beyond the end of the file; was it cut short?");
    }
    return tensor;
  }

  Error ends_in(std::string_view where) const {
    return bad_file(fmt::format("rwkv.cpp file: it ends inside {} (at byte {}); was it cut short?",
                                where, cursor_.position()));
  }

  ByteCursor cursor_;
  bool is_quantized_allowed_ = true;
  std::unordered_set<std::string_view> names_;
};

// As the file has it, lengths in the order of a .pth.
StoredTensor plain_view(const GgmlTensor& tensor) {
  int rank = GgmlTensor::kMaxRank;
  while (rank > 1 && tensor.ne[static_cast<size_t>(rank - 1)] == 1) --rank;
  std::array<int64_t, GgmlTensor::kMaxRank> sizes{};
  const auto used = static_cast<size_t>(rank);
  std::reverse_copy(tensor.ne.begin(), tensor.ne.begin() + rank, sizes.begin());
  return dense_tensor(std::string(tensor.name), tensor.dtype,
                      gpu::Shape(std::span<const int64_t>(sizes.data(), used)), 0, tensor.offset);
}

// The standard names that the tensor's own name stands for.
std::vector<std::string> standard_names(std::string_view name) {
  if (!name.ends_with(kFused)) return {std::string(name)};
  const std::string prefix(name.substr(0, name.size() - kFused.size()));
  std::vector<std::string> names;
  for (const char slice : std::string_view("rwkvag")) names.push_back(prefix + "att.x_" + slice);
  return names;
}

Status add_standard_tensors(const GgmlTensor& tensor, std::vector<StoredTensor>& standard) {
  const std::vector<std::string> names = standard_names(tensor.name);
  for (const std::string& name : names) {
    const std::optional<LayoutPart> part = part_of(name);
    // A lerp of its own would be a slice without the five others.
    if (!part || (part->form == LayoutForm::Lerp) != (names.size() > 1)) {
      return bad_file(fmt::format("{}: a tensor that RWKV-7 does not have in rwkv.cpp",
                                  printable(tensor.name)));
    }
    Result<StoredTensor> view = standard_view(tensor, *part);
    if (!view) return view.error();
    standard.push_back(std::move(*view));
  }
  return {};
}

// Against the sizes of the header. For models before RWKV-7 the embedding alone is known.
Status check_sizes(const Header& header, const TensorTable& table) {
  int64_t layers = 0;
  for (const StoredTensor& tensor : table.tensors) {
    if (tensor.info.name == "emb.weight" &&
        tensor.info.shape != gpu::Shape{header.vocab, header.width}) {
      return bad_file(fmt::format("emb.weight: its shape is {}, but the header says [{}, {}]",
                                  tensor.info.shape.text(), header.vocab, header.width));
    }
    const std::optional<LayoutPart> part = part_of(tensor.info.name);
    if (part) layers = std::max(layers, part->layer + 1);
  }
  if (layers != header.layers) {
    return bad_file(fmt::format("rwkv.cpp file: the header says {} layers, the tensors are of {}",
                                header.layers, layers));
  }
  return {};
}

}  // namespace

Result<TensorTable> parse_rwkv_cpp(std::span<const std::byte> file) {
  FileReader reader(file);
  const Result<Header> header = reader.read_header();
  if (!header) return header.error();
  const Result<std::vector<GgmlTensor>> tensors = reader.read_tensors();
  if (!tensors) return tensors.error();
  TensorTable table;
  table.format = "rwkv.cpp";
  table.regions.push_back({"file", 0, file.size(), std::nullopt});
  const bool is_rwkv7 = std::ranges::any_of(
      *tensors, [](const GgmlTensor& tensor) { return tensor.name == "blocks.0.att.r_k"; });
  for (const GgmlTensor& tensor : *tensors) {
    if (!is_rwkv7) {
      table.tensors.push_back(plain_view(tensor));
    } else if (const Status status = add_standard_tensors(tensor, table.tensors); !status) {
      return status.error();
    }
  }
  if (is_rwkv7) {
    if (const Status status = check_sizes(*header, table); !status) return status.error();
  }
  return table;
}

}  // namespace greylag
