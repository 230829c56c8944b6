// SPDX-License-Identifier: Apache-2.0
// Does a GGUF of RWKV-7 show the names, shapes, orientations and values of a .pth?
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

#include "core/checkpoint/formats.h"
#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/parity_values.h"
#include "tests/core/checkpoint/raw_gguf.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using gpu::DType;
using test::gguf_bytes;
using test::RawGguf;

std::string bytes_of(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> counting(size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<float>(i);
  return values;
}

Result<TensorTable> parse(const std::string& bytes) {
  return parse_checkpoint(std::as_bytes(std::span(bytes)));
}

Result<TensorTable> parse(const RawGguf& gguf) { return parse(gguf_bytes(gguf)); }

const StoredTensor* find(const TensorTable& table, std::string_view name) {
  for (const StoredTensor& tensor : table.tensors) {
    if (tensor.info.name == name) return &tensor;
  }
  return nullptr;
}

Result<std::unique_ptr<CheckpointReader>> open(const RawGguf& gguf) {
  const test::TempDir dir;
  test::write_bytes(dir / "model.gguf", gguf_bytes(gguf));
  return open_checkpoint(dir / "model.gguf");
}

TEST(GgufReader, ParityModelIsBitEqualInF32) {
  const auto file = test::shared_file("parity/tiny-rwkv7-byte-f32.gguf");
  const auto reference = test::shared_file("parity/tiny-rwkv7-byte.safetensors");
  if (!file || !reference) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->format(), "gguf");
  test::expect_same_structure(**reader, *reference);
  test::expect_equal_values(**reader, *reference);
  EXPECT_EQ((*reader)->token_table().size(), 256u);
  EXPECT_EQ((*reader)->token_table()[0], "\\x00");
  EXPECT_EQ((*reader)->token_table()[255], "\\xff");
  EXPECT_EQ((*reader)->metadata().at("general.name"), "tiny-rwkv7");
  EXPECT_EQ((*reader)->metadata().at("rwkv7.embedding_length"), "64");
  EXPECT_EQ((*reader)->metadata().at("rwkv7.attention.layer_norm_epsilon"), "1e-05");
  EXPECT_EQ((*reader)->metadata().count("tokenizer.ggml.tokens"), 0u);
}

TEST(GgufReader, ParityModelKeepsItsBlocksInQ50) {
  const auto file = test::shared_file("parity/tiny-rwkv7-byte-q5_0.gguf");
  const auto reference = test::shared_file("parity/tiny-rwkv7-byte.safetensors");
  if (!file || !reference) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  test::expect_same_structure(**reader, *reference);
  EXPECT_EQ((*reader)->find("blocks.3.ffn.key.weight")->dtype, DType::Q5_0);
  EXPECT_EQ((*reader)->find("blocks.3.att.w1")->dtype, DType::F32);
  test::expect_q5_0_values(**reader, *reference);
}

TEST(GgufReader, AcceptsTheFormat) {
  RawGguf version_2 = test::valid_gguf();
  version_2.version = 2;
  RawGguf wide = test::valid_gguf();
  wide.alignment = 65'536;
  wide.set(test::gguf_u32_key("general.alignment", 65'536));
  RawGguf unpadded = test::valid_gguf();
  unpadded.tensor("blk.0.attn_norm.bias").ne = {65};
  unpadded.is_last_padded = false;
  RawGguf keys = test::valid_gguf();
  keys.set(test::gguf_bool_key("x.bool", 1));
  keys.set({"x.i8", 1, "\xFF", std::nullopt});
  keys.set({"x.i16", 3, "\xFE\xFF", std::nullopt});
  keys.set({"x.i64", 11, std::string(8, '\xFF'), std::nullopt});
  keys.set({"x.u64", 10, std::string(8, '\xFF'), std::nullopt});
  keys.set({"x.f64", 12, std::string(8, '\0'), std::nullopt});
  keys.set(test::gguf_array_key("x.bools", 7, 2, std::string("\0\1", 2)));
  keys.set(test::gguf_array_key("x.none", 8, 0, ""));
  for (const RawGguf& gguf : {test::valid_gguf(), version_2, wide, unpadded, keys}) {
    const auto reader = open(gguf);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
  }
  const auto metadata = parse(keys)->metadata;
  EXPECT_EQ(metadata.at("x.bool"), "true");
  EXPECT_EQ(metadata.at("x.i8"), "-1");
  EXPECT_EQ(metadata.at("x.i16"), "-2");
  EXPECT_EQ(metadata.at("x.i64"), "-1");
  EXPECT_EQ(metadata.at("x.u64"), "18446744073709551615");
  EXPECT_EQ(metadata.at("x.f64"), "0");
  EXPECT_EQ(metadata.count("x.bools"), 0u);
}

TEST(GgufReader, SplitsTheFusedLerpIntoSixSlices) {
  RawGguf gguf = test::valid_gguf();
  gguf.tensor("blk.0.time_mix_lerp_fused.weight").data = bytes_of(counting(384));
  const auto reader = open(gguf);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  float first = 0;
  for (const char slice : std::string_view("rwkvag")) {
    const std::string name = std::string("blocks.0.att.x_") + slice;
    ASSERT_NE((*reader)->find(name), nullptr) << name;
    EXPECT_EQ((*reader)->find(name)->shape, (gpu::Shape{1, 1, 64}));
    const std::vector<float> values = (*reader)->read_f32(name).value();
    EXPECT_EQ(values.front(), first) << name;
    EXPECT_EQ(values.back(), first + 63) << name;
    first += 64;
  }
}

TEST(GgufReader, TurnsLowRankMatricesRound) {
  RawGguf gguf = test::valid_gguf();
  gguf.tensor("blk.0.time_mix_w1.weight").data = bytes_of(counting(512));
  gguf.tensor("blk.0.time_mix_w2.weight").ne = {8, 64};
  gguf.tensor("blk.0.time_mix_w2.weight").data = bytes_of(counting(512));
  const auto reader = open(gguf);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  const std::vector<float> w1 = (*reader)->read_f32("blocks.0.att.w1").value();
  const std::vector<float> w2 = (*reader)->read_f32("blocks.0.att.w2").value();
  EXPECT_EQ((*reader)->find("blocks.0.att.w1")->shape, (gpu::Shape{64, 8}));
  EXPECT_EQ((*reader)->find("blocks.0.att.w2")->shape, (gpu::Shape{8, 64}));
  for (size_t channel = 0; channel < 64; ++channel) {
    for (size_t rank = 0; rank < 8; ++rank) {
      EXPECT_EQ(w1[channel * 8 + rank], static_cast<float>(rank * 64 + channel));
      EXPECT_EQ(w2[rank * 64 + channel], static_cast<float>(channel * 8 + rank));
    }
  }
}

TEST(GgufReader, DropsTheUnusedValueGateOfLayer0) {
  RawGguf gguf = test::valid_gguf();
  gguf.tensor("blk.0.time_mix_v0.weight").ne = {64};
  gguf.tensor("blk.0.time_mix_v1.weight").ne = {64, 8};
  gguf.tensor("blk.0.time_mix_v2.weight").ne = {8, 64};
  gguf.tensor("blk.1.time_mix_v0.weight").ne = {64};
  gguf.set(test::gguf_u32_key("rwkv7.block_count", 2));
  const Result<TensorTable> table = parse(gguf);
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(find(*table, "blocks.0.att.v0"), nullptr);
  EXPECT_EQ(find(*table, "blocks.0.att.v1"), nullptr);
  EXPECT_EQ(find(*table, "blocks.0.att.v2"), nullptr);
  EXPECT_NE(find(*table, "blocks.1.att.v0"), nullptr);
}

TEST(GgufReader, ShowsBlocksOfOtherTensorsAsF32) {
  RawGguf gguf = test::valid_gguf();
  for (test::RawGgufTensor& tensor : gguf.tensors) tensor.type = 8;  // Q8_0
  gguf.tensor("blk.0.time_mix_r_k.weight").ne = {64};
  gguf.tensor("blk.0.time_mix_r_k.weight").type = 8;
  const std::string bytes = gguf_bytes(gguf);
  const Result<TensorTable> table = parse(bytes);
  ASSERT_TRUE(table.ok()) << table.error().message;
  const Status checked = check_table(*table, bytes.size());
  EXPECT_TRUE(checked.ok()) << checked.error().message;
  const StoredTensor* embedding = find(*table, "emb.weight");
  EXPECT_EQ(embedding->info.dtype, DType::Q8_0);
  EXPECT_EQ(embedding->stored_columns, 64);
  const StoredTensor* w1 = find(*table, "blocks.0.att.w1");
  EXPECT_EQ(w1->info.dtype, DType::F32);
  EXPECT_EQ(w1->stored, DType::Q8_0);
  EXPECT_EQ(w1->stored_columns, 64);
  EXPECT_EQ(w1->strides[0], 1);
  EXPECT_EQ(w1->strides[1], 64);
  const StoredTensor* lerp = find(*table, "blocks.0.att.x_v");
  EXPECT_EQ(lerp->offset, find(*table, "blocks.0.att.x_r")->offset + 204);
  EXPECT_EQ(lerp->info.size_bytes, 256u);
  EXPECT_EQ(find(*table, "blocks.0.att.r_k")->info.shape, (gpu::Shape{1, 64}));
}

TEST(GgufReader, DecodesBlocksOfOtherTensors) {
  RawGguf gguf = test::valid_gguf();
  test::RawGgufTensor& lerp = gguf.tensor("blk.0.time_mix_lerp_fused.weight");
  test::RawGgufTensor& w1 = gguf.tensor("blk.0.time_mix_w1.weight");
  lerp.type = w1.type = 8;
  lerp.data = w1.data = "";
  const auto row = [](int value) {  // 64 times value / 2
    const std::string half = test::le(0x3800, 2) + std::string(32, static_cast<char>(value));
    return half + half;
  };
  for (int i = 0; i < 6; ++i) *lerp.data += row(i + 1);
  for (int i = 0; i < 8; ++i) *w1.data += row(10 * i);
  const auto reader = open(gguf);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->read_f32("blocks.0.att.x_a").value(), std::vector<float>(64, 2.5f));
  const std::vector<float> values = (*reader)->read_f32("blocks.0.att.w1").value();
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], 5 * static_cast<float>(i % 8));
  }
}

TEST(GgufReader, KeepsOneHeadVectorPerHead) {
  RawGguf gguf = test::valid_gguf();
  gguf.tensor("blk.0.time_mix_r_k.weight").ne = {64, 3};
  gguf.tensor("blk.1.time_mix_r_k.weight").ne = {192};
  gguf.set(test::gguf_u32_key("rwkv7.block_count", 2));
  const Result<TensorTable> table = parse(gguf);
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(find(*table, "blocks.0.att.r_k")->info.shape, (gpu::Shape{3, 64}));
  EXPECT_EQ(find(*table, "blocks.1.att.r_k")->info.shape, (gpu::Shape{3, 64}));
}

TEST(GgufReader, TakesTokensOfTheRwkvTokenizerOnly) {
  RawGguf gguf = test::valid_gguf();
  EXPECT_EQ(parse(gguf)->tokens, (std::vector<std::string>{"<s>", "\\x00"}));
  gguf.set(test::gguf_text_key("tokenizer.ggml.model", "gpt2"));
  EXPECT_TRUE(parse(gguf)->tokens.empty());
}

// 14.7 GB of zeros that are on no disk: whoever reads the data takes seconds, not milliseconds.
TEST(GgufReader, OpensALargeFileByItsHeaderAlone) {
  RawGguf gguf = test::valid_gguf();
  gguf.remove_key("tokenizer.ggml.tokens");
  gguf.remove_key("tokenizer.ggml.token_type");
  gguf.tensors.pop_back();
  gguf.tensors.erase(gguf.tensors.begin());
  gguf.remove_key("rwkv7.embedding_length");
  const uint64_t rows = 1'800'000, columns = 4096, size = rows * columns * 2;
  test::RawGgufTensor& large = gguf.tensor("token_embd.weight");  // the last one
  large.ne = {columns, rows};
  large.type = 1;
  const std::string head = gguf_bytes(gguf).substr(0, gguf_bytes(gguf).size() - (1 << 20));
  const test::TempDir dir;
  test::write_bytes(dir / "large.gguf", head);
  std::error_code failure;
  std::filesystem::resize_file(dir / "large.gguf", head.size() + size, failure);
  if (failure) GTEST_SKIP() << "no sparse files here: " << failure.message();
  const auto start = std::chrono::steady_clock::now();
  const auto reader = open_checkpoint(dir / "large.gguf");
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->find("emb.weight")->size_bytes, size);
  EXPECT_LT(elapsed.count(), 0.5);
}

}  // namespace
}  // namespace greylag
