// SPDX-License-Identifier: Apache-2.0
// Is a GGUF refused wherever it is cut, and read in linear time? What else is refused:
// tests/hostile.
#include <gtest/gtest.h>

#include "core/checkpoint/reader.h"
#include "tests/core/checkpoint/raw_gguf.h"

namespace greylag {
namespace {

using test::gguf_bytes;
using test::gguf_u32_key;
using test::RawGguf;

TEST(GgufHostile, RefusesEveryTruncation) {
  RawGguf gguf = test::valid_gguf();
  gguf.is_last_padded = false;
  const std::string whole = gguf_bytes(gguf);
  ASSERT_TRUE(parse_checkpoint(std::as_bytes(std::span(whole))).ok());
  for (size_t length = 4; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    const Result<TensorTable> table = parse_checkpoint(std::as_bytes(std::span(cut)));
    ASSERT_FALSE(table.ok()) << length;
    EXPECT_EQ(table.error().code, ErrorCode::BadFile);
  }
}

// Quadratic checks of names would take minutes here.
TEST(GgufHostile, TakesManyKeysAndTensorsInLinearTime) {
  RawGguf gguf = test::valid_gguf();
  for (int i = 0; i < 60'000; ++i) gguf.keys.push_back(gguf_u32_key("k" + std::to_string(i), 0));
  for (int i = 1; i < 60'000; ++i) {
    gguf.tensors.push_back(
        {.name = "blk." + std::to_string(i) + ".time_mix_k_k.weight", .ne = {8}});
  }
  gguf.remove_key("rwkv7.block_count");
  const std::string bytes = gguf_bytes(gguf);
  const Result<TensorTable> table = parse_checkpoint(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(table->tensors.size(), 59'999u + 9);
}

}  // namespace
}  // namespace greylag
