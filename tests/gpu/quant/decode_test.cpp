// SPDX-License-Identifier: Apache-2.0
// Are packed bytes read as the formats say? Blocks worked out by hand, and random bytes against
// the element by element definition in reference.h.
#include <gtest/gtest.h>

#include <bit>

#include "tests/gpu/quant/reference.h"

namespace greylag::gpu::test {
namespace {

struct Known {
  size_t index;
  float value;
};

void expect_values(DType dtype, const std::vector<uint8_t>& packed, size_t n,
                   const std::vector<Known>& known) {
  ASSERT_EQ(packed.size(), row_bytes(dtype, static_cast<int64_t>(n)));
  const std::vector<float> values = decoded(dtype, packed, n);
  for (const Known& k : known) {
    EXPECT_EQ(values[k.index], k.value) << dtype_name(dtype) << " element " << k.index;
  }
}

void put(std::vector<uint8_t>& bytes, size_t at, const std::vector<int>& values) {
  for (const int value : values) bytes[at++] = static_cast<uint8_t>(value);
}

TEST(QuantDecode, ReadsAKnownQ8_0Block) {
  std::vector<uint8_t> b(34, 0);
  put(b, 0, {0x00, 0x38, 1, 0xff, 0x7f, 0x80});  // d = 0.5
  put(b, 33, {0xfe});
  expect_values(DType::Q8_0, b, 32,
                {{0, 0.5f}, {1, -0.5f}, {2, 63.5f}, {3, -64.0f}, {4, 0.0f}, {31, -1.0f}});
}

TEST(QuantDecode, ReadsAKnownQ4_0Block) {
  std::vector<uint8_t> b(18, 0x88);
  put(b, 0, {0x00, 0xb4, 0x0f});  // d = -0.25
  put(b, 17, {0x98});
  expect_values(DType::Q4_0, b, 32,
                {{0, -1.75f}, {16, 2.0f}, {1, 0.0f}, {15, 0.0f}, {31, -0.25f}, {30, 0.0f}});
}

TEST(QuantDecode, ReadsAKnownQ4_1Block) {
  std::vector<uint8_t> b(20, 0);
  put(b, 0, {0x00, 0x38, 0x00, 0xbc, 0xa1});  // d = 0.5, m = -1
  put(b, 19, {0xf3});
  expect_values(DType::Q4_1, b, 32, {{0, -0.5f}, {16, 4.0f}, {1, -1.0f}, {15, 0.5f}, {31, 6.5f}});
}

TEST(QuantDecode, ReadsAKnownQ5_0Block) {
  std::vector<uint8_t> b(22, 0);
  // d = 1; fifth bits of the elements 0, 16 and 31
  put(b, 0, {0x00, 0x3c, 0x01, 0x00, 0x01, 0x80, 0x21});
  put(b, 21, {0xf0});
  expect_values(DType::Q5_0, b, 32,
                {{0, 1.0f}, {16, 2.0f}, {15, -16.0f}, {31, 15.0f}, {1, -16.0f}, {17, -16.0f}});
}

TEST(QuantDecode, ReadsAKnownQ5_1Block) {
  std::vector<uint8_t> b(24, 0);
  // d = 2, m = 100; fifth bits of the elements 8 and 23
  put(b, 0, {0x00, 0x40, 0x40, 0x56, 0x00, 0x01, 0x80, 0x00});
  put(b, 8 + 7, {0x50, 0x02});
  expect_values(DType::Q5_1, b, 32,
                {{0, 100.0f}, {7, 100.0f}, {23, 142.0f}, {8, 136.0f}, {24, 100.0f}});
}

// Scales and mins: sub-block 0: 5, 2; 3: 63, 1; 4: 43, 60; 7: 1, 16; the others 0. The last four
// are split: 43 = 2 11 (16s and ones), 60 = 3 12, 1 = 0 1, 16 = 1 0.
std::vector<uint8_t> scale_min_header(size_t bytes) {
  std::vector<uint8_t> b(bytes, 0);
  put(b, 0, {0x00, 0x3c, 0x00, 0x38});  // d = 1, dmin = 0.5
  put(b, 4, {0x85, 0x00, 0x00, 0x3f, 0xc2, 0x00, 0x00, 0x41, 0xcb, 0x00, 0x00, 0x01});
  return b;
}

TEST(QuantDecode, ReadsAKnownQ4_KBlock) {
  std::vector<uint8_t> b = scale_min_header(144);
  put(b, 16, {0x73});       // elements 0 (3) and 32 (7)
  put(b, 16 + 34, {0x40});  // 98 of sub-block 3 (4)
  put(b, 16 + 95, {0x0f});  // 159 of sub-block 4 (15)
  put(b, 16 + 97, {0x20});  // 225 of sub-block 7 (2)
  expect_values(DType::Q4_K, b, 256,
                {{0, 14.0f},
                 {1, -1.0f},
                 {32, 0.0f},
                 {98, 251.5f},
                 {96, -0.5f},
                 {159, 615.0f},
                 {128, -30.0f},
                 {191, 0.0f},
                 {225, -6.0f},
                 {224, -8.0f}});
}

TEST(QuantDecode, ReadsAKnownQ5_KBlock) {
  std::vector<uint8_t> b = scale_min_header(176);
  put(b, 16, {0x01, 0x80});  // fifth bits of 0 and of 225
  put(b, 16 + 31, {0x10});   // of 159
  put(b, 48, {0x73});
  put(b, 48 + 34, {0x40});
  put(b, 48 + 95, {0x0f});
  put(b, 48 + 97, {0x20});
  expect_values(DType::Q5_K, b, 256,
                {{0, 94.0f},
                 {1, -1.0f},
                 {98, 251.5f},
                 {159, 1303.0f},
                 {128, -30.0f},
                 {225, 10.0f},
                 {224, -8.0f}});
}

TEST(QuantDecode, ReadsAKnownQ6_KBlock) {
  std::vector<uint8_t> b(210, 0);
  put(b, 0, {0x51});                            // low bits of 0 (1) and 64 (5)
  put(b, 32, {0x0a});                           // of 32 (10) and 96 (0)
  put(b, 127, {0xe0});                          // of 223 (0) and 255 (14)
  put(b, 128, {0x1b});                          // high bits of 0, 32, 64, 96: 3, 2, 1, 0
  put(b, 191, {0xc0});                          // of 255: 3
  put(b, 192, {2, 0xfd, 1, 0, 4, 0, 0x80, 0});  // scales of the first half: 2, -3, 1, 4, -128
  put(b, 207, {0x7f});                          // the last: 127
  put(b, 208, {0x00, 0x38});                    // d = 0.5
  expect_values(DType::Q6_K, b, 256,
                {{0, 17.0f},
                 {1, -32.0f},
                 {16, 48.0f},
                 {32, 5.0f},
                 {64, -22.0f},
                 {96, 2048.0f},
                 {239, 0.0f},
                 {254, -2032.0f},
                 {255, 1905.0f}});
}

TEST(QuantDecode, ReadsAKnownInt8Row) {
  expect_values(DType::Int8Row, {0x00, 0x00, 0x80, 0x3e, 4, 0x80, 0xff}, 3,
                {{0, 1.0f}, {1, -32.0f}, {2, -0.25f}});
}

TEST(QuantDecode, ReadsAKnownNf4Block) {
  std::vector<uint8_t> b(34, 0x77);
  put(b, 0, {0x00, 0x40, 0xf0});  // absmax = 2
  put(b, 33, {0x81});
  expect_values(DType::NF4, b, 64,
                {{0, -2.0f},
                 {32, 2.0f},
                 {1, 0.0f},
                 {31, 2.0f * -0.6961928009986877f},
                 {63, 2.0f * 0.07958029955625534f}});
}

// Random bytes, with scales that are finite.
std::vector<uint8_t> random_row(DType dtype, size_t n, uint64_t seed) {
  const auto columns = static_cast<int64_t>(n);
  std::vector<uint8_t> packed(row_bytes(dtype, columns));
  const std::vector<float> random = uniform(packed.size(), seed, 0.0f, 256.0f);
  for (size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<uint8_t>(random[i]);
  if (dtype == DType::Int8Row) {
    const float scale = 0.037f;
    std::memcpy(packed.data(), &scale, sizeof scale);
    return packed;
  }
  const BlockFacts facts = block_facts(dtype);
  for (size_t b = 0; b < packed.size(); b += facts.bytes) {
    for (const int at : {facts.first_f16, facts.second_f16}) {
      if (at < 0) continue;
      uint8_t& high = packed[b + static_cast<size_t>(at) + 1];
      if ((high & 0x7c) == 0x7c) high = static_cast<uint8_t>(high & ~0x40);
    }
  }
  return packed;
}

// One rounding is all that f32 arithmetic in the order of the formulas does: d sc q takes at most
// 11 + 6 + 5 bits (Q6_K: 11 + 8 + 6, rounded once), and the sum is rounded once.
TEST(QuantDecode, AgreesWithTheDefinitionForRandomBytes) {
  constexpr size_t kElements = 256 * 64;
  for (const DType dtype : kBlockFormats) {
    const std::vector<uint8_t> packed = random_row(dtype, kElements, 11);
    const std::vector<float> values = decoded(dtype, packed, kElements);
    size_t different = 0;
    for (size_t i = 0; i < kElements; ++i) {
      different += values[i] != static_cast<float>(defined_value(dtype, packed.data(), i)) ? 1 : 0;
    }
    EXPECT_EQ(different, 0u) << dtype_name(dtype);
  }
}

TEST(QuantDecode, ReadsUnalignedBytes) {
  for (const DType dtype : kBlockFormats) {
    const std::vector<uint8_t> packed = random_row(dtype, 512, 12);
    std::vector<uint8_t> shifted(packed.size() + 1);
    std::memcpy(shifted.data() + 1, packed.data(), packed.size());
    std::vector<float> values(512);
    decode_row(dtype, shifted.data() + 1, values.data(), 512);
    EXPECT_TRUE(values == decoded(dtype, packed, 512)) << dtype_name(dtype);
  }
}

TEST(QuantDecode, ReadsFloatingPointRows) {
  const double wide[2] = {0.5, -2.0};
  const uint16_t half[2] = {0x3800, 0xc000}, brain[2] = {0x3f00, 0xc000};
  for (int k = 0; k < 3; ++k) {
    float values[2] = {};
    if (k == 0) decode_row(DType::F64, wide, values, 2);
    if (k == 1) decode_row(DType::F16, half, values, 2);
    if (k == 2) decode_row(DType::BF16, brain, values, 2);
    EXPECT_EQ(values[0], 0.5f) << k;
    EXPECT_EQ(values[1], -2.0f) << k;
  }
}

}  // namespace
}  // namespace greylag::gpu::test
