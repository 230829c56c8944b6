// SPDX-License-Identifier: Apache-2.0
// Header by the plan, then tensor after tensor. Nothing but matrices is large, and matrices go
// through as they come.
#include <fmt/format.h>

#include <bit>
#include <map>
#include <set>

#include "core/base/file.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/gguf_container.h"
#include "core/checkpoint/gguf_plan.h"
#include "core/checkpoint/writer.h"
#include "core/checkpoint/writer_input.h"
#include "gpu/quant/quant.h"

namespace greylag {
namespace {

using gpu::DType;

constexpr uint32_t kVersion = 3;
constexpr uint32_t kContextLength = 1'048'576;  // what llama.cpp's converter writes for RWKV-7
constexpr uint32_t kQuantizationVersion = 2;    // of ggml's block formats
constexpr int64_t kWorldVocabulary = 65'536;

std::string little_endian(uint64_t value, int width) {
  std::string bytes;
  for (int shift = 0; shift < 8 * width; shift += 8) {
    bytes += static_cast<char>(value >> shift & 0xFF);
  }
  return bytes;
}

std::string text_bytes(std::string_view text) {
  return little_endian(text.size(), 8) + std::string(text);
}

// llama.cpp's number for a file whose matrices are mostly of this type.
uint32_t file_type_of(DType dtype) {
  switch (dtype) {
    case DType::F16:
      return 1;
    case DType::Q4_0:
      return 2;
    case DType::Q4_1:
      return 3;
    case DType::Q8_0:
      return 7;
    case DType::Q5_0:
      return 8;
    case DType::Q5_1:
      return 9;
    case DType::Q4_K:
      return 14;  // Q4_K_S: one type throughout
    case DType::Q5_K:
      return 16;  // Q5_K_S
    case DType::Q6_K:
      return 18;
    case DType::BF16:
      return 32;
    default:
      return 0;
  }
}

class KeyList {
 public:
  void add_text(std::string_view key, std::string_view value) {
    begin(key, GgufType::Text);
    bytes_ += text_bytes(value);
  }
  void add_u32(std::string_view key, int64_t value) {
    begin(key, GgufType::U32);
    bytes_ += little_endian(static_cast<uint64_t>(value), 4);
  }
  void add_f32(std::string_view key, float value) {
    begin(key, GgufType::F32);
    bytes_ += little_endian(std::bit_cast<uint32_t>(value), 4);
  }
  void add_texts(std::string_view key, std::span<const std::string> values) {
    begin_array(key, GgufType::Text, values.size());
    for (const std::string& value : values) bytes_ += text_bytes(value);
  }
  void add_i32s(std::string_view key, std::span<const int32_t> values) {
    begin_array(key, GgufType::I32, values.size());
    for (const int32_t value : values) bytes_ += little_endian(static_cast<uint32_t>(value), 4);
  }
  uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void begin(std::string_view key, GgufType type) {
    ++count_;
    bytes_ += text_bytes(key) + little_endian(static_cast<uint32_t>(type), 4);
  }
  void begin_array(std::string_view key, GgufType element_type, uint64_t count) {
    begin(key, GgufType::Array);
    bytes_ += little_endian(static_cast<uint32_t>(element_type), 4) + little_endian(count, 8);
  }
  std::string bytes_;
  uint64_t count_ = 0;
};

void add_vocabulary(KeyList& keys, const GgufVocabulary& vocabulary) {
  if (vocabulary.tokens.empty()) return keys.add_text("tokenizer.ggml.model", "no_vocab");
  keys.add_text("tokenizer.ggml.model", "rwkv");
  keys.add_texts("tokenizer.ggml.tokens", vocabulary.tokens);
  keys.add_i32s("tokenizer.ggml.token_type", vocabulary.types);
  // No end-of-turn token: the blank line that converters put there cuts answers short.
  keys.add_u32("tokenizer.ggml.bos_token_id", 0);
  keys.add_u32("tokenizer.ggml.eos_token_id", 0);
  if (vocabulary.tokens.size() == kWorldVocabulary) {
    keys.add_text("tokenizer.chat_template", "rwkv-world");
  }
}

KeyList make_keys(const std::string& name, const GgufSizes& sizes,
                  const GgufVocabulary& vocabulary) {
  KeyList keys;
  keys.add_text("general.architecture", "rwkv7");
  keys.add_text("general.name", name);
  keys.add_u32("general.file_type", file_type_of(sizes.dtype));
  if (gpu::is_block_format(sizes.dtype)) {
    keys.add_u32("general.quantization_version", kQuantizationVersion);
  }
  keys.add_u32("rwkv7.context_length", kContextLength);
  keys.add_u32("rwkv7.embedding_length", sizes.width);
  keys.add_u32("rwkv7.block_count", sizes.layers);
  keys.add_u32("rwkv7.feed_forward_length", sizes.ffn_width);
  keys.add_u32("rwkv7.token_shift_count", 2);
  keys.add_u32("rwkv7.wkv.head_size", kRwkv7HeadSize);
  keys.add_u32("rwkv7.attention.head_count", 0);  // has to be there, and to be 0
  keys.add_f32("rwkv7.attention.layer_norm_epsilon", 1e-5f);
  keys.add_u32("rwkv7.attention.decay_lora_rank", sizes.decay_rank);
  keys.add_u32("rwkv7.attention.iclr_lora_rank", sizes.alpha_rank);
  keys.add_u32("rwkv7.attention.value_residual_mix_lora_rank", sizes.value_rank);
  keys.add_u32("rwkv7.attention.gate_lora_rank", sizes.gate_rank);
  add_vocabulary(keys, vocabulary);
  return keys;
}

std::string padding_behind(uint64_t size) {
  return std::string(static_cast<size_t>((kGgufAlignment - size % kGgufAlignment) % kGgufAlignment),
                     '\0');
}

std::string make_header(const GgufPlan& plan, const KeyList& keys) {
  std::string header = "GGUF" + little_endian(kVersion, 4) + little_endian(plan.tensors.size(), 8) +
                       little_endian(keys.count(), 8) + keys.bytes();
  for (const PlannedTensor& tensor : plan.tensors) {
    header += text_bytes(tensor.name) + little_endian(tensor.ne.size(), 4);
    for (const int64_t length : tensor.ne) {
      header += little_endian(static_cast<uint64_t>(length), 8);
    }
    header +=
        little_endian(ggml_type_of(tensor.dtype).value(), 4) + little_endian(tensor.offset, 8);
  }
  return header + padding_behind(header.size());
}

// The tensor's elements in f32, in its own order.
Result<std::vector<float>> read_f32(const TensorInfo& info, const TensorSource& source) {
  std::vector<std::byte> bytes(static_cast<size_t>(info.size_bytes));
  if (const Status status = source(info, bytes); !status) return status.error();
  std::vector<float> values(static_cast<size_t>(info.shape.elements()));
  gpu::convert_rows(bytes.data(), info.dtype, values.data(), DType::F32,
                    info.shape.elements() / info.shape[-1], info.shape[-1]);
  return values;
}

std::vector<float> transposed(const std::vector<float>& values, const gpu::Shape& shape) {
  const auto rows = static_cast<size_t>(shape[0]), columns = static_cast<size_t>(shape[1]);
  std::vector<float> turned(values.size());
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      turned[column * rows + row] = values[row * columns + column];
    }
  }
  return turned;
}

Result<std::vector<std::byte>> make_tensor(const PlannedTensor& tensor,
                                           const TensorSource& source) {
  std::vector<std::byte> bytes(static_cast<size_t>(tensor.size_bytes));
  if (tensor.form == LayoutForm::Matrix) {
    if (const Status status = source(*tensor.sources.front(), bytes); !status) {
      return status.error();
    }
    return bytes;
  }
  std::vector<float> all;
  for (const TensorInfo* info : tensor.sources) {
    Result<std::vector<float>> values = read_f32(*info, source);
    if (!values) return values.error();
    const bool is_low_rank =
        tensor.form == LayoutForm::LowRankIn || tensor.form == LayoutForm::LowRankOut;
    const std::vector<float> turned = is_low_rank ? transposed(*values, info->shape) : *values;
    all.insert(all.end(), turned.begin(), turned.end());
  }
  gpu::convert(all.data(), DType::F32, bytes.data(), tensor.dtype,
               static_cast<int64_t>(all.size()));
  return bytes;
}

Status write_tensors(OutputFile& file, const GgufPlan& plan, const TensorSource& source) {
  std::set<size_t> repeated;
  for (const PlannedTensor& tensor : plan.tensors) {
    if (tensor.copy_of) repeated.insert(*tensor.copy_of);
  }
  std::map<size_t, std::vector<std::byte>> kept;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    const PlannedTensor& tensor = plan.tensors[i];
    if (!repeated.contains(i) && file.keeps(tensor.size_bytes)) {
      if (Status status = file.skip(tensor.size_bytes, {}); !status) return status;
      if (Status status = file.write(padding_behind(tensor.size_bytes)); !status) return status;
      continue;
    }
    Result<std::vector<std::byte>> bytes =
        tensor.copy_of ? kept.at(*tensor.copy_of) : make_tensor(tensor, source);
    if (!bytes) return bytes.error();
    if (Status status = file.write(*bytes); !status) return status;
    if (Status status = file.write(padding_behind(bytes->size())); !status) return status;
    if (repeated.contains(i)) kept.emplace(i, std::move(*bytes));
  }
  return {};
}

Status check_vocabulary(const GgufVocabulary& vocabulary, int64_t rows) {
  const auto refuse = [](std::string message) {
    return Error{ErrorCode::InvalidArgument, "vocabulary: " + std::move(message)};
  };
  if (vocabulary.types.size() != vocabulary.tokens.size()) {
    return refuse("there is not one type for each token");
  }
  if (vocabulary.tokens.empty()) return {};
  if (vocabulary.tokens.size() != static_cast<size_t>(rows)) {
    return refuse(fmt::format("it has {} tokens, but emb.weight has {} rows",
                              vocabulary.tokens.size(), rows));
  }
  if (vocabulary.tokens.size() > kMostGgufArrayElements) return refuse("more than 4194304 tokens");
  for (const std::string& token : vocabulary.tokens) {
    if (token.size() > kMostGgufTextBytes) return refuse("a token of more than 16 MiB");
  }
  return {};
}

}  // namespace

Status write_gguf(OutputFile& file, const std::string& name, std::span<const TensorInfo> tensors,
                  const GgufVocabulary& vocabulary, const TensorSource& source) {
  if (const Result<uint64_t> total = check_writer_input(tensors); !total) return total.error();
  const Result<GgufPlan> plan = plan_gguf(tensors);
  if (!plan) return plan.error();
  if (Status status = check_vocabulary(vocabulary, plan->sizes.vocab); !status) return status;
  const KeyList keys = make_keys(is_valid_utf8(name) ? name : "model", plan->sizes, vocabulary);
  if (Status status = file.write(make_header(*plan, keys)); !status) return status;
  return write_tensors(file, *plan, source);
}

Status write_gguf(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                  const GgufVocabulary& vocabulary, const TensorSource& source) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.error();
  const std::string name = path_to_utf8(path.stem());
  if (Status status = write_gguf(*file, name, tensors, vocabulary, source); !status) return status;
  return file->commit();
}

}  // namespace greylag
