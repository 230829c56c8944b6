// SPDX-License-Identifier: Apache-2.0
// Is a written GGUF what llama.cpp's converter would have made, and does it read back?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "core/base/file.h"
#include "core/checkpoint/gguf_container.h"
#include "core/checkpoint/writer.h"
#include "gpu/quant/quant.h"
#include "tests/core/checkpoint/parity_values.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using gpu::DType;
using test::TinyTensor;

std::vector<TensorInfo> infos_of(const std::vector<TinyTensor>& tensors) {
  std::vector<TensorInfo> infos;
  infos.reserve(tensors.size());
  for (const TinyTensor& tensor : tensors) infos.push_back(tensor.info);
  return infos;
}

const TinyTensor& find(const std::vector<TinyTensor>& tensors, std::string_view name) {
  return *std::ranges::find_if(tensors, [&](const auto& t) { return t.info.name == name; });
}

// Values rounded to the type that is asked for.
TensorSource source_of(const std::vector<TinyTensor>& tensors) {
  return [&tensors](const TensorInfo& info, std::span<std::byte> out) -> Status {
    gpu::convert(find(tensors, info.name).values.data(), DType::F32, out.data(), info.dtype,
                 info.shape.elements());
    return {};
  };
}

// Byte k of a tensor's data, other in every tensor: for tensors in block formats.
Status fill(const TensorInfo& info, std::span<std::byte> out) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = std::byte((i * 7 + info.name.size() * 31) & 63);
  return {};
}

GgufVocabulary byte_vocabulary() {
  GgufVocabulary vocabulary;
  for (int i = 0; i < 256; ++i) vocabulary.tokens.push_back("t" + std::to_string(i));
  vocabulary.types.assign(256, 1);
  vocabulary.types[0] = 3;
  return vocabulary;
}

// A GGUF file taken apart, whatever model is in it.
struct Contents {
  explicit Contents(const std::filesystem::path& path)
      : text(read_text_file(path, 1u << 30).value()), file(std::as_bytes(std::span(text))) {
    const Result<GgufKeys> found = read_gguf_keys(file);
    EXPECT_TRUE(found.ok()) << found.error().message;
    if (!found) return;
    keys = *found;
    const Result<GgufTensors> all = read_gguf_tensors(file, keys);
    EXPECT_TRUE(all.ok()) << all.error().message;
    if (!all) return;
    for (const GgmlTensor& tensor : all->tensors) {
      const auto bytes =
          file.subspan(all->data_offset + tensor.offset, size_bytes_of(tensor).value());
      tensors.emplace(tensor.name, tensor);
      data.emplace(tensor.name, bytes);
    }
  }
  std::string text;
  std::span<const std::byte> file;  // the same
  GgufKeys keys;
  std::map<std::string_view, GgmlTensor> tensors;
  std::map<std::string_view, std::span<const std::byte>> data;
};

class GgufWriter : public testing::TestWithParam<DType> {};

TEST_P(GgufWriter, ReadsBackWhatItWrote) {
  const DType dtype = GetParam();
  const test::TempDir dir;
  const auto tensors = test::make_tiny_tensors(
      {.layers = 3, .width = 128, .seed = 5, .dtype = dtype, .has_first_value_gate = true});
  const Status written =
      write_gguf(dir / "a.gguf", infos_of(tensors), byte_vocabulary(), source_of(tensors));
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto reader = open_checkpoint(dir / "a.gguf");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->tensors().size() + 3, tensors.size());  // v0, v1, v2 of layer 0 are gone
  for (const TensorInfo& info : (*reader)->tensors()) {
    const TinyTensor& tensor = find(tensors, info.name);
    EXPECT_EQ(info.shape, tensor.info.shape) << info.name;
    const auto n = static_cast<int64_t>(tensor.values.size());
    std::vector<std::byte> narrow(tensor.info.size_bytes);
    std::vector<float> wanted(tensor.values.size());
    gpu::convert(tensor.values.data(), DType::F32, narrow.data(), dtype, n);
    gpu::convert(narrow.data(), dtype, wanted.data(), DType::F32, n);
    EXPECT_EQ((*reader)->read_f32(info.name).value(), wanted) << info.name;
  }
  for (const char* name : {"emb.weight", "head.weight", "blocks.1.att.key.weight",
                           "blocks.2.att.a1", "blocks.2.att.v2", "blocks.0.att.g2"}) {
    EXPECT_EQ((*reader)->find(name)->dtype, dtype) << name;
  }
  for (const char* name : {"blocks.0.ln0.weight", "blocks.1.att.x_g", "blocks.1.att.w0",
                           "blocks.1.att.w1", "blocks.1.att.w2", "blocks.1.att.r_k",
                           "blocks.1.ffn.x_k", "blocks.1.att.ln_x.bias", "ln_out.bias"}) {
    EXPECT_EQ((*reader)->find(name)->dtype, DType::F32) << name;
  }
  EXPECT_TRUE(std::ranges::equal((*reader)->token_table(), byte_vocabulary().tokens));
}

INSTANTIATE_TEST_SUITE_P(Types, GgufWriter, testing::Values(DType::F32, DType::F16, DType::BF16),
                         [](const auto& type) { return std::string(gpu::dtype_name(type.param)); });

TEST(GgufWriter, GivesTheParityFileAgain) {
  const auto reference = test::shared_file("parity/tiny-rwkv7-byte-f32.gguf");
  const auto model = test::shared_file("parity/tiny-rwkv7-byte.safetensors");
  if (!reference || !model) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*model);
  ASSERT_TRUE(reader.ok());
  const Contents wanted(*reference);
  const GgufVocabulary vocabulary{.tokens = *wanted.keys.find("tokenizer.ggml.tokens")->texts(),
                                  .types = [] {
                                    std::vector<int32_t> types(256, 1);
                                    types[0] = 3;
                                    return types;
                                  }()};
  const test::TempDir dir;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) {
    return (*reader)->read(info, out);
  };
  const Status written =
      write_gguf(dir / "tiny-rwkv7.gguf", (*reader)->tensors(), vocabulary, source);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const Contents made(dir / "tiny-rwkv7.gguf");
  ASSERT_EQ(made.tensors.size(), wanted.tensors.size());
  for (const auto& [name, tensor] : wanted.tensors) {
    ASSERT_TRUE(made.tensors.contains(name)) << name;
    EXPECT_EQ(made.tensors.at(name).dtype, tensor.dtype) << name;
    EXPECT_EQ(made.tensors.at(name).ne, tensor.ne) << name;
    EXPECT_TRUE(std::ranges::equal(made.data.at(name), wanted.data.at(name))) << name;
  }
  std::set<std::string_view> more;
  for (const auto& [key, value] : made.keys.values) {
    const GgufValue* other = wanted.keys.find(key);
    if (other == nullptr) {
      more.insert(key);
      continue;
    }
    EXPECT_EQ(value.type, other->type) << key;
    EXPECT_EQ(value.count, other->count) << key;
    EXPECT_TRUE(std::ranges::equal(value.bytes, other->bytes)) << key;
  }
  // Optional in llama.cpp, and said nevertheless.
  EXPECT_EQ(more, std::set<std::string_view>{"rwkv7.token_shift_count"});
  for (const auto& [key, value] : wanted.keys.values) {
    EXPECT_NE(made.keys.find(key), nullptr) << key;
  }
}

TEST(GgufWriter, WritesBlocksOfMatricesAsTheyCome) {
  const std::pair<DType, std::string> types[] = {
      {DType::Q4_0, "2"}, {DType::Q4_1, "3"},  {DType::Q8_0, "7"},  {DType::Q5_0, "8"},
      {DType::Q5_1, "9"}, {DType::Q4_K, "14"}, {DType::Q5_K, "16"}, {DType::Q6_K, "18"}};
  for (const auto& [dtype, file_type] : types) {
    SCOPED_TRACE(gpu::dtype_name(dtype));
    // 257 rows: an embedding whose size asks for padding.
    std::vector<TensorInfo> infos =
        infos_of(test::make_tiny_tensors({.layers = 1, .width = 256, .vocab = 257}));
    for (TensorInfo& info : infos) {
      if (!info.name.ends_with(".weight") || info.shape.rank() != 2) continue;
      info.dtype = dtype;
      info.size_bytes = gpu::size_bytes(dtype, info.shape);
    }
    const test::TempDir dir;
    const Status written = write_gguf(dir / "a.gguf", infos, {}, fill);
    ASSERT_TRUE(written.ok()) << written.error().message;
    const auto reader = open_checkpoint(dir / "a.gguf");
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ((*reader)->metadata().at("general.file_type"), file_type);
    EXPECT_EQ((*reader)->metadata().at("general.quantization_version"), "2");
    for (const TensorInfo& info : infos) {
      ASSERT_NE((*reader)->find(info.name), nullptr) << info.name;
      EXPECT_EQ((*reader)->find(info.name)->dtype, info.dtype) << info.name;
      std::vector<std::byte> wanted(info.size_bytes), bytes(info.size_bytes);
      ASSERT_TRUE(fill(info, wanted).ok());
      ASSERT_TRUE((*reader)->read(info, bytes).ok());
      EXPECT_EQ(bytes, wanted) << info.name;
    }
  }
}

TEST(GgufWriter, WidensBlocksOfOtherTensors) {
  std::vector<TensorInfo> infos = infos_of(test::make_tiny_tensors({.layers = 1, .width = 64}));
  for (TensorInfo& info : infos) {
    if (!gpu::can_hold_rows_of(DType::Q8_0, info.shape[-1])) continue;
    info.dtype = DType::Q8_0;
    info.size_bytes = gpu::size_bytes(DType::Q8_0, info.shape);
  }
  const test::TempDir dir;
  ASSERT_TRUE(write_gguf(dir / "a.gguf", infos, {}, fill).ok());
  const auto reader = open_checkpoint(dir / "a.gguf");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->find("blocks.0.att.w1")->dtype, DType::F32);
  EXPECT_EQ((*reader)->find("blocks.0.att.a1")->dtype, DType::F16);
  EXPECT_EQ((*reader)->find("blocks.0.att.x_a")->dtype, DType::F32);
  for (const TensorInfo& info : infos) {
    std::vector<std::byte> packed(info.size_bytes);
    ASSERT_TRUE(fill(info, packed).ok());
    const int64_t columns = info.shape[-1];
    const DType in_file = (*reader)->find(info.name)->dtype;
    if (in_file == info.dtype) continue;
    std::vector<float> wanted(static_cast<size_t>(info.shape.elements()));
    std::vector<std::byte> narrow(wanted.size() * gpu::dtype_size(in_file));
    const auto n = static_cast<int64_t>(wanted.size());
    gpu::convert_rows(packed.data(), info.dtype, wanted.data(), DType::F32, n / columns, columns);
    gpu::convert(wanted.data(), DType::F32, narrow.data(), in_file, n);
    std::vector<std::byte> bytes(narrow.size());
    ASSERT_TRUE((*reader)->read(*(*reader)->find(info.name), bytes).ok());
    EXPECT_EQ(bytes, narrow) << info.name;
  }
}

TEST(GgufWriter, AsksForEveryTensorOnceInFileOrder) {
  auto tensors = test::make_tiny_tensors({.layers = 2, .has_first_value_gate = true});
  std::ranges::reverse(tensors);
  std::vector<std::string> asked;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) {
    asked.push_back(info.name);
    return source_of(tensors)(info, out);
  };
  const test::TempDir dir;
  ASSERT_TRUE(write_gguf(dir / "a.gguf", infos_of(tensors), {}, source).ok());
  const auto reader = open_checkpoint(dir / "a.gguf");
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> in_file;
  for (const TensorInfo& info : (*reader)->tensors()) in_file.push_back(info.name);
  EXPECT_EQ(asked, in_file);
  EXPECT_EQ(asked.front(), "emb.weight");
  EXPECT_EQ(asked.back(), "head.weight");
}

TEST(GgufWriter, GivesLayer0TheDummiesThatLlamaCppAsksFor) {
  const auto tensors = test::make_tiny_tensors({.layers = 2, .rank = 16});
  const test::TempDir dir;
  ASSERT_TRUE(write_gguf(dir / "a.gguf", infos_of(tensors), {}, source_of(tensors)).ok());
  const Contents file(dir / "a.gguf");
  for (const char number : {'0', '1', '2'}) {
    const std::string dummy = std::string("blk.0.time_mix_v") + number + ".weight";
    const std::string original = std::string("blk.0.time_mix_a") + number + ".weight";
    ASSERT_TRUE(file.tensors.contains(dummy));
    EXPECT_EQ(file.tensors.at(dummy).ne, file.tensors.at(original).ne);
    EXPECT_TRUE(std::ranges::equal(file.data.at(dummy), file.data.at(original)));
  }
}

TEST(GgufWriter, SaysWhatTheVocabularyIs) {
  const test::TempDir dir;
  const auto tensors = test::make_tiny_tensors({.layers = 1});
  ASSERT_TRUE(write_gguf(dir / "none.gguf", infos_of(tensors), {}, source_of(tensors)).ok());
  auto reader = open_checkpoint(dir / "none.gguf");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->metadata().at("tokenizer.ggml.model"), "no_vocab");
  EXPECT_EQ((*reader)->metadata().at("general.name"), "none");
  EXPECT_EQ((*reader)->metadata().count("tokenizer.ggml.bos_token_id"), 0u);
  EXPECT_TRUE((*reader)->token_table().empty());
  std::vector<TensorInfo> infos = infos_of(tensors);
  for (TensorInfo& info : infos) {
    if (info.name == "emb.weight" || info.name == "head.weight") {
      info.shape = {65'536, 64};
      info.size_bytes = gpu::size_bytes(info.dtype, info.shape);
    }
  }
  const TensorSource zeros = [](const TensorInfo&, std::span<std::byte>) { return Status(); };
  const GgufVocabulary world{.tokens = std::vector<std::string>(65'536, "\\x00"),
                             .types = std::vector<int32_t>(65'536, 1)};
  ASSERT_TRUE(write_gguf(dir / "world.gguf", infos, world, zeros).ok());
  reader = open_checkpoint(dir / "world.gguf");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->token_table().size(), 65'536u);
  EXPECT_EQ((*reader)->metadata().at("tokenizer.chat_template"), "rwkv-world");
  EXPECT_EQ((*reader)->metadata().at("tokenizer.ggml.eos_token_id"), "0");
  EXPECT_EQ((*reader)->metadata().count("tokenizer.ggml.eot_token_id"), 0u);
}

TEST(GgufWriter, RefusesWhatGgufCannotHold) {
  const auto tensors = test::make_tiny_tensors({.layers = 2});
  const test::TempDir dir;
  const auto expect_refused = [&](const std::vector<TensorInfo>& infos, const std::string& rule,
                                  const GgufVocabulary& vocabulary = {}) {
    const Status status = write_gguf(dir / "a.gguf", infos, vocabulary, source_of(tensors));
    ASSERT_FALSE(status.ok()) << rule;
    EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(status.error().message.find(rule), std::string::npos) << status.error().message;
  };
  const auto bent = [&](std::string_view name, const auto& bend) {
    std::vector<TensorInfo> infos = infos_of(tensors);
    TensorInfo& info =
        *std::ranges::find_if(infos, [&](const auto& tensor) { return tensor.name == name; });
    bend(info);
    info.size_bytes = gpu::size_bytes(info.dtype, info.shape);
    return infos;
  };
  const auto as = [](DType dtype) { return [dtype](TensorInfo& info) { info.dtype = dtype; }; };
  const auto of = [](const gpu::Shape& shape) {
    return [shape](TensorInfo& info) { info.shape = shape; };
  };
  const auto named = [](const std::string& name) {
    return [name](TensorInfo& info) { info.name = name; };
  };
  std::vector<TensorInfo> with_state = infos_of(tensors);
  with_state.push_back({"blocks.1.att.time_state", DType::F32, {1, 64, 64}, 16'384});
  expect_refused(with_state, "blocks.1.att.time_state: GGUF has no place for a tuned state");
  expect_refused(bent("emb.weight", as(DType::Int8Row)), "emb.weight: GGUF has no int8");
  expect_refused(bent("emb.weight", as(DType::NF4)), "emb.weight: GGUF has no nf4");
  expect_refused(bent("head.weight", as(DType::F64)), "head.weight: its dtype is f64");
  expect_refused(bent("head.weight", as(DType::I32)), "head.weight: its dtype is i32");
  expect_refused(bent("head.weight", named("lm_head.weight")), "lm_head.weight: RWKV-7");
  expect_refused(bent("blocks.1.att.x_v", named("blocks.1.att.x_z")), "x_z: RWKV-7");
  expect_refused(bent("blocks.1.ln2.bias", named("blocks.65535.ln2.bias")), "a layer is missing");
  expect_refused(bent("blocks.1.ln2.bias", named("blocks.2.ln2.bias")), "this tensor is missing");
  expect_refused(bent("blocks.1.att.x_v", of({64})), "its shape is [64], expected [1, 1, 64]");
  expect_refused(bent("blocks.1.att.w1", of({32, 64})), "blocks.1.att.w1: its shape");
  expect_refused(bent("blocks.1.att.r_k", of({64})), "expected [1, 64]");
  expect_refused(bent("blocks.1.ffn.key.weight", of({64, 256})), "blocks.1.ffn.key.weight");
  expect_refused(bent("head.weight", of({255, 64})), "expected [256, 64]");
  expect_refused(bent("emb.weight", of({256, 65})), "multiple of the head size");
  expect_refused(bent("emb.weight", of({0, 64})), "it is not a matrix");
  expect_refused({}, "there are no layers");
  std::vector<TensorInfo> fewer = infos_of(tensors);
  std::erase_if(fewer, [](const auto& info) { return info.name == "blocks.1.att.x_g"; });
  expect_refused(fewer, "blocks.1.att.x_g: this tensor is missing");
  std::vector<TensorInfo> twice = infos_of(tensors);
  twice.push_back(twice.front());
  expect_refused(twice, "twice");
  GgufVocabulary short_one = byte_vocabulary();
  short_one.tokens.pop_back();
  expect_refused(infos_of(tensors), "one type for each token", short_one);
  short_one.types.pop_back();
  expect_refused(infos_of(tensors), "it has 255 tokens", short_one);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(GgufWriter, LeavesTheOldFileWhenTheSourceFails) {
  const test::TempDir dir;
  ASSERT_TRUE(write_file_atomic(dir / "a.gguf", "old").ok());
  const auto tensors = test::make_tiny_tensors({.layers = 2});
  for (const char* name : {"emb.weight", "blocks.0.att.x_a", "blocks.1.att.w2", "head.weight"}) {
    const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) {
      if (info.name == name) return Status(Error{ErrorCode::Cancelled, "stop"});
      return source_of(tensors)(info, out);
    };
    const Status status = write_gguf(dir / "a.gguf", infos_of(tensors), {}, source);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(read_text_file(dir / "a.gguf", 100).value(), "old");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()),
                          std::filesystem::directory_iterator()),
            1);
}

}  // namespace
}  // namespace greylag
