// SPDX-License-Identifier: Apache-2.0
// Packing happens once, when a model is loaded: plain loops over the numbers of gpu/quant.
#include "gpu/cpu/panels.h"

#include <bit>
#include <cstring>

#include "gpu/cpu/check.h"
#include "gpu/quant/k_layout.h"
#include "gpu/quant/raw_quants.h"

namespace greylag::gpu {
namespace {

static_assert(std::endian::native == std::endian::little, "groups are moved as 32-bit words");

constexpr int kGroups = 8;  // of four k in a stretch

// How a panel of a format with stretches of 32 k is put together, in bytes.
struct Parts {
  size_t head = 0;        // once per panel
  size_t block_head = 0;  // per 256 k
  size_t scales = 0;      // per stretch
  size_t high_bits = 0;   // per stretch
  size_t group = 0;       // per four k

  size_t stretch_bytes() const { return scales + high_bits + kGroups * group; }
};

Parts parts_of(DType dtype) {
  switch (dtype) {
    case DType::Int8Row:
      return {.head = 128, .group = 128};
    case DType::Q8_0:
      return {.scales = 64, .group = 128};
    case DType::Q4_0:
      return {.scales = 64, .group = 64};
    case DType::Q4_1:
      return {.scales = 128, .group = 64};
    case DType::Q5_0:
      return {.scales = 64, .high_bits = 128, .group = 64};
    case DType::Q5_1:
      return {.scales = 128, .high_bits = 128, .group = 64};
    case DType::Q4_K:
      return {.block_head = 128, .scales = 64, .group = 64};
    case DType::Q5_K:
      return {.block_head = 128, .scales = 64, .high_bits = 128, .group = 64};
    case DType::Q6_K:
      return {.block_head = 64, .scales = 64, .high_bits = 256, .group = 64};
    default:
      check(false, "panels: a block format with stretches of 32");
      return {};
  }
}

// Where stretch s begins, and where the head of its block of 256 k.
size_t stretch_at(const Parts& parts, int64_t s) {
  const auto stretch = static_cast<size_t>(s);
  return parts.head + stretch * parts.stretch_bytes() + (stretch / 8 + 1) * parts.block_head;
}
size_t block_head_at(const Parts& parts, int64_t s) {
  const auto block = static_cast<size_t>(s / 8);
  return parts.head + block * (parts.block_head + 8 * parts.stretch_bytes());
}

void put16(uint8_t* panel, size_t at, int64_t o, const uint8_t* half) {
  std::memcpy(panel + at + 2 * static_cast<size_t>(o), half, 2);
}

// The scales of output o for stretch s, as bytes of the row.
void put_scales(DType dtype, const uint8_t* row, int64_t s, int64_t o, const Parts& parts,
                uint8_t* panel) {
  const size_t at = stretch_at(parts, s);
  uint8_t* bytes = panel + at + o;  // for scales of one byte
  const int j = static_cast<int>(s % 8);
  const size_t head = block_head_at(parts, s);
  switch (dtype) {
    case DType::Q8_0:
    case DType::Q4_0:
    case DType::Q5_0:
      return put16(panel, at, o, row + s * static_cast<int64_t>(row_bytes(dtype, kStretch)));
    case DType::Q4_1:
    case DType::Q5_1: {
      const uint8_t* block = row + s * static_cast<int64_t>(row_bytes(dtype, kStretch));
      put16(panel, at, o, block);
      return put16(panel, at + 64, o, block + 2);
    }
    case DType::Q4_K:
    case DType::Q5_K: {
      const uint8_t* block = row + s / 8 * static_cast<int64_t>(row_bytes(dtype, quant::kKBlock));
      put16(panel, head, o, block);
      put16(panel, head + 64, o, block + 2);
      bytes[0] = quant::scale_of(block + 4, j);
      bytes[32] = quant::min_of(block + 4, j);
      return;
    }
    case DType::Q6_K: {
      const uint8_t* block = row + s / 8 * static_cast<int64_t>(quant::kQ6KBytes);
      put16(panel, head, o, block + 208);
      bytes[0] = block[192 + 2 * j];
      bytes[32] = block[192 + 2 * j + 1];
      return;
    }
    default:  // int8: once per panel, by pack_stretches
      return;
  }
}

// Ors `bits` into word o of words of four k of one output each.
void put_word(uint8_t* words, int64_t o, uint32_t bits) {
  uint32_t word = 0;
  std::memcpy(&word, words + 4 * o, 4);
  word |= bits;
  std::memcpy(words + 4 * o, &word, 4);
}

void put_quants(const uint8_t q[32], int64_t o, const Parts& parts, uint8_t* stretch) {
  uint8_t* high_bits = stretch + parts.scales;
  uint8_t* groups = high_bits + parts.high_bits;
  for (int g = 0; g < kGroups; ++g) {
    uint32_t word = 0;
    std::memcpy(&word, q + 4 * g, 4);
    uint8_t* group = groups + static_cast<size_t>(g) * parts.group;
    if (parts.group == 128) {
      std::memcpy(group + 4 * o, &word, 4);
      continue;
    }
    put_word(group, o % 16, (word & 0x0f0f0f0fu) << (o < 16 ? 0 : 4));
    if (parts.high_bits == 128) put_word(high_bits, o, (word >> 4 & 0x01010101u) << (g + 4) % 8);
    if (parts.high_bits == 256) {
      put_word(high_bits + g / 4 * 128, o, (word >> 4 & 0x03030303u) << (2 * g + 4) % 8);
    }
  }
}

void pack_stretches(DType dtype, const uint8_t* rows, int64_t outs, int64_t k, uint8_t* panel) {
  const Parts parts = parts_of(dtype);
  const size_t row_size = row_bytes(dtype, k);
  const int64_t stretches = (k + kStretch - 1) / kStretch;
  std::memset(panel, 0, panel_bytes(dtype, k));
  uint8_t q[kStretch];
  for (int64_t o = 0; o < outs; ++o) {
    const uint8_t* row = rows + static_cast<size_t>(o) * row_size;
    if (dtype == DType::Int8Row) std::memcpy(panel + 4 * o, row, 4);
    for (int64_t s = 0; s < stretches; ++s) {
      raw_quants(dtype, row, k, s, q);
      put_scales(dtype, row, s, o, parts, panel);
      put_quants(q, o, parts, panel + stretch_at(parts, s));
    }
  }
}

void pack_nf4(const uint8_t* rows, int64_t outs, int64_t k, uint8_t* panel) {
  constexpr int64_t kBlock = 64, kBlockBytes = 34, kPanelBlockBytes = 64 + kBlock * 16;
  std::memset(panel, 0, panel_bytes(DType::NF4, k));
  for (int64_t o = 0; o < outs; ++o) {
    const uint8_t* block = rows + o * (k / kBlock * kBlockBytes);
    for (int64_t b = 0; b < k / kBlock; ++b, block += kBlockBytes) {
      uint8_t* to = panel + b * kPanelBlockBytes;
      std::memcpy(to + 2 * o, block, 2);
      for (int64_t i = 0; i < kBlock; ++i) {
        const int level = block[2 + i % 32] >> (i / 32 * 4) & 15;
        uint8_t& byte = to[64 + i * 16 + o % 16];
        byte = static_cast<uint8_t>(byte | level << (o / 16 * 4));
      }
    }
  }
}

template <class Element>
void pack_elements(const uint8_t* rows, int64_t outs, int64_t k, uint8_t* panel) {
  const auto row_size = static_cast<size_t>(k) * sizeof(Element);
  std::memset(panel, 0, kPanelOuts * row_size);
  for (int64_t i = 0; i < k; ++i) {
    Element column[kPanelOuts] = {};
    for (int64_t o = 0; o < outs; ++o) {
      std::memcpy(
          &column[o],
          rows + static_cast<size_t>(o) * row_size + static_cast<size_t>(i) * sizeof(Element),
          sizeof(Element));
    }
    std::memcpy(panel + static_cast<size_t>(i) * sizeof column, column, sizeof column);
  }
}

}  // namespace

bool has_panels(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 ||
         is_block_format(dtype);
}

size_t panel_bytes(DType dtype, int64_t k) {
  if (!rounds_activations(dtype)) return kPanelOuts * row_bytes(dtype, k);
  const Parts parts = parts_of(dtype);
  const auto stretches = static_cast<size_t>((k + kStretch - 1) / kStretch);
  return parts.head + stretches * parts.stretch_bytes() + (stretches + 7) / 8 * parts.block_head;
}

void pack_panel(DType dtype, const void* rows, int64_t outs, int64_t k, void* panel) {
  const auto* from = static_cast<const uint8_t*>(rows);
  auto* to = static_cast<uint8_t*>(panel);
  check(outs >= 1 && outs <= kPanelOuts, "pack_panel: 1 to 32 rows");
  if (rounds_activations(dtype)) return pack_stretches(dtype, from, outs, k, to);
  if (dtype == DType::NF4) return pack_nf4(from, outs, k, to);
  if (dtype == DType::F32) return pack_elements<uint32_t>(from, outs, k, to);
  check(dtype == DType::F16 || dtype == DType::BF16, "pack_panel: a format of matrices");
  pack_elements<uint16_t>(from, outs, k, to);
}

}  // namespace greylag::gpu
