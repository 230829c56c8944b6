// SPDX-License-Identifier: Apache-2.0
// Does a table survive the way from the loader process, and does nothing else? The answer of a
// taken-over loader is any bytes at all.
#include "core/checkpoint/table_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "core/checkpoint/reader.h"
#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/raw_zip.h"
#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace greylag {
namespace {

using gpu::DType;
using test::le;

constexpr uint64_t kFileBytes = 4096;

// Every field set, every kind of tensor: dense, strided, scalar, empty, blocks, blocks as f32.
TensorTable rich_table() {
  TensorTable table;
  table.format = "gguf";
  table.metadata = {{"general.name", "Wildgans"}, {"", ""}, {"k", std::string("v\0w", 3)}};
  table.regions = {{"data/0", 0, 1024, 0xDEADBEEF}, {"data/1", 1024, 3072, std::nullopt}};
  table.tensors.push_back(dense_tensor("emb.weight", DType::F16, {4, 8}, 0, 64));
  table.tensors.push_back(dense_tensor("scalar", DType::I64, {}, 0, 0));
  table.tensors.push_back(dense_tensor("empty", DType::F32, {0, 8}, 1, 0));
  table.tensors.push_back(dense_tensor("blocks", DType::Q8_0, {2, 64}, 1, 128));
  StoredTensor turned = dense_tensor("turned", DType::F32, {4, 2}, 1, 512);
  turned.strides = {1, 4};
  table.tensors.push_back(turned);
  StoredTensor decoded = dense_tensor("decoded", DType::F32, {32, 2}, 1, 600);
  decoded.strides = {1, 32};
  decoded.stored = DType::Q4_0;
  decoded.stored_columns = 32;
  table.tensors.push_back(decoded);
  table.tokens = {"", "a", std::string("\xFF\0", 2)};
  return table;
}

Result<TensorTable> decode(const std::string& bytes) {
  return decode_table(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

void expect_damaged(const std::string& bytes, const std::string& what) {
  const Result<TensorTable> table = decode(bytes);
  ASSERT_FALSE(table.ok()) << what;
  EXPECT_EQ(table.error().code, ErrorCode::BadFile) << what;
  EXPECT_NE(table.error().message.find("damaged"), std::string::npos) << what;
}

TEST(TableCodec, KeepsEveryField) {
  const TensorTable table = rich_table();
  ASSERT_TRUE(check_table(table, kFileBytes).ok());
  const Result<TensorTable> again = decode(encode_table(table));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->format, table.format);
  EXPECT_EQ(again->metadata, table.metadata);
  EXPECT_EQ(again->tokens, table.tokens);
  ASSERT_EQ(again->regions.size(), table.regions.size());
  for (size_t i = 0; i < table.regions.size(); ++i) {
    EXPECT_EQ(again->regions[i].name, table.regions[i].name);
    EXPECT_EQ(again->regions[i].offset, table.regions[i].offset);
    EXPECT_EQ(again->regions[i].size_bytes, table.regions[i].size_bytes);
    EXPECT_EQ(again->regions[i].crc32, table.regions[i].crc32);
  }
  ASSERT_EQ(again->tensors.size(), table.tensors.size());
  for (size_t i = 0; i < table.tensors.size(); ++i) {
    const StoredTensor &a = again->tensors[i], &b = table.tensors[i];
    EXPECT_EQ(a.info.name, b.info.name);
    EXPECT_EQ(a.info.dtype, b.info.dtype);
    EXPECT_EQ(a.info.shape, b.info.shape);
    EXPECT_EQ(a.info.size_bytes, b.info.size_bytes);
    EXPECT_EQ(a.region, b.region);
    EXPECT_EQ(a.offset, b.offset);
    EXPECT_EQ(a.strides, b.strides);
    EXPECT_EQ(a.stored, b.stored);
    EXPECT_EQ(a.stored_columns, b.stored_columns);
  }
  EXPECT_TRUE(check_table(*again, kFileBytes).ok());
}

TEST(TableCodec, KeepsAnErrorOfAParser) {
  const Result<TensorTable> table =
      decode(encode_table(Error{ErrorCode::BadFile, "header: JSON: Wildgänse"}));
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().code, ErrorCode::BadFile);
  EXPECT_EQ(table.error().message, "header: JSON: Wildgänse");
}

TEST(TableCodec, RefusesErrorsThatNoParserMakes) {
  expect_damaged(encode_table(Error{ErrorCode::Unauthorized, "no"}), "a code of the server");
  expect_damaged(encode_table(Error{ErrorCode::BadFile, ""}), "no message");
  expect_damaged(encode_table(Error{ErrorCode::BadFile, "a\x1B[2Jb"}), "a terminal's control");
  expect_damaged(encode_table(Error{ErrorCode::BadFile, "two\nlines"}), "two lines");
  expect_damaged(encode_table(Error{ErrorCode::BadFile, "\xC3\x28"}), "not UTF-8");
  expect_damaged(encode_table(Error{ErrorCode::BadFile, std::string(5000, 'x')}), "too long");
}

TEST(TableCodec, RefusesEveryTruncationAndAnyBytesBehind) {
  for (const Result<TensorTable>& table :
       {Result<TensorTable>(rich_table()), Result<TensorTable>(Error{ErrorCode::BadFile, "bad"})}) {
    const std::string bytes = encode_table(table);
    for (size_t n = 0; n < bytes.size(); ++n) {
      expect_damaged(bytes.substr(0, n), std::to_string(n) + " bytes");
    }
    expect_damaged(bytes + '\0', "a byte more");
  }
}

// An answer up to the count of what `before` stops at, then that count and no entries.
TEST(TableCodec, BelievesNoCountBeyondTheBytes) {
  const std::string head = le(kAnswerMagic, 8) + '\x01' + le(4, 4) + "gguf";
  const std::string none = le(0, 4);
  for (const uint64_t count : {1u, 1000u, 1u << 20, 1u << 31, 0xFFFFFFFFu}) {
    for (const std::string& before :
         {head, head + none, head + none + none, head + none + none + none}) {
      expect_damaged(before + le(count, 4), "entries that are not there");
      expect_damaged(before + le(count, 4) + std::string(64, '\0'), "entries that do not fit");
    }
  }
  expect_damaged(le(kAnswerMagic, 8) + '\x01' + le(0xFFFFFFFF, 4) + "gguf", "a long text");
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
// A million tensors are promised, which would take 250 MB, and there are none.
TEST(TableCodec, TakesNoMemoryForAPromise) {
  const std::string none = le(0, 4);
  const std::string promise =
      le(kAnswerMagic, 8) + '\x01' + none + none + none + le(1'000'000, 4) + std::string(100, '\0');
  const auto decode_with_little_memory = [&] {
    std::ifstream in("/proc/self/statm");
    rlim_t pages = 0;
    in >> pages;
    const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (32u << 20);
    const rlimit limit{most, most};
    setrlimit(RLIMIT_AS, &limit);
    std::_Exit(decode(promise).ok() ? 1 : 0);
  };
  EXPECT_EXIT(decode_with_little_memory(), testing::ExitedWithCode(0), "");
}
#endif

// The bytes are there, but no parser finds so many: memory is not taken for them.
TEST(TableCodec, RefusesMoreEntriesThanAParserFinds) {
  const std::string head = le(kAnswerMagic, 8) + '\x01' + le(4, 4) + "gguf";
  const std::string none = le(0, 4);
  const auto zeros = [](uint64_t n) { return std::string(static_cast<size_t>(n), '\0'); };
  expect_damaged(head + none + none + none + le(4'000'001, 4) + zeros(4 * 4'000'001), "tokens");
  expect_damaged(head + none + none + le(1'000'001, 4) + zeros(39 * 1'000'001) + none, "tensors");
  expect_damaged(head + none + le(1'000'001, 4) + zeros(25 * 1'000'001) + none + none, "regions");
  std::string pairs;
  for (uint64_t i = 0; i <= 65'536; ++i) pairs += le(4, 4) + le(i, 4) + none;
  expect_damaged(head + le(65'537, 4) + pairs + none + none + none, "metadata");
}

TEST(TableCodec, RefusesTypesRanksAndKeysThatDoNotExist) {
  TensorTable table;
  table.format = "pth";
  table.tensors.push_back(dense_tensor("a", DType::F32, {2}, 0, 0));
  const std::string bytes = encode_table(table);
  // Behind the magic, kind, "pth" and the counts of metadata, regions and tensors: text "a".
  const size_t dtype = 8 + 1 + 7 + 4 + 4 + 4 + 5;
  ASSERT_TRUE(decode(bytes).ok());
  for (const auto& [position, value] :
       {std::pair{dtype, '\x14'}, {dtype, '\xFF'}, {dtype + 1, '\x09'}, {dtype + 1, '\xFF'}}) {
    std::string bad = bytes;
    bad[position] = value;
    expect_damaged(bad, "byte " + std::to_string(position));
  }
  const std::string pair = le(1, 4) + "k" + le(0, 4);
  expect_damaged(le(kAnswerMagic, 8) + '\x01' + le(0, 4) + le(2, 4) + pair + pair + le(0, 4) +
                     le(0, 4) + le(0, 4),
                 "a key twice");
  expect_damaged(le(kAnswerMagic, 8) + '\x03', "a third kind");
}

// A parser of JSON or of GGUF sees to that itself; a taken-over one does not.
TEST(TableCodec, TextsThatGoIntoJsonAreUtf8) {
  TensorTable table;
  table.format = "pth";
  EXPECT_TRUE(check_table(table, 0).ok());
  table.metadata = {{"k", "\xC3\x28"}};
  EXPECT_FALSE(check_table(table, 0).ok());
  table.metadata = {{"\xFF", "v"}};
  EXPECT_FALSE(check_table(table, 0).ok());
  table.metadata.clear();
  table.format = "\xFF";
  EXPECT_FALSE(check_table(table, 0).ok());
}

// Whatever decodes and passes check_table reads bytes of the file and no others (run under asan).
TEST(TableCodec, MutatedAnswersCannotReachBeyondTheFile) {
  const test::TempDir dir;
  test::write_bytes(dir / "file", std::string(kFileBytes, '\x11'));
  const std::string good = encode_table(rich_table());
  constexpr uint32_t kExtremes[] = {0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
  std::mt19937 random(20261104);  // NOLINT(bugprone-random-generator-seed): repeatable
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  int decoded = 0, opened = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes = good;
    for (size_t edits = 1 + below(3); edits > 0; --edits) {
      const size_t at = below(bytes.size() - 8);
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
          break;
        case 2:
          bytes.replace(at, 4, le(kExtremes[below(std::size(kExtremes))], 4));
          break;
        default:
          bytes.replace(at, 8, bytes.substr(below(bytes.size() - 8), 8));
      }
    }
    Result<TensorTable> table = decode(bytes);
    if (!table) continue;
    ++decoded;
    Result<InputFile> file = InputFile::open(dir / "file");
    ASSERT_TRUE(file.ok());
    const std::vector<StoredTensor> stored = table->tensors;
    auto reader = CheckpointReader::create(std::move(*file), std::move(*table));
    if (!reader) continue;
    ++opened;
    for (size_t t = 0; t < stored.size(); ++t) {
      // Blocks are decoded from the very bytes that check_table counted; that is tested with them.
      if (stored[t].stored != stored[t].info.dtype) continue;
      const TensorInfo& info = (*reader)->tensors()[t];
      std::vector<std::byte> out(static_cast<size_t>(info.size_bytes));
      const Status read = (*reader)->read(info, out);
      if (!read.ok()) {
        EXPECT_THAT(read.error().message,
                    testing::AnyOf(testing::HasSubstr("CRC"), testing::HasSubstr("checksum")));
      }
    }
  }
  // Both ways must be walked.
  EXPECT_GT(decoded, 1000);
  EXPECT_GT(opened, 200);
}

}  // namespace
}  // namespace greylag
