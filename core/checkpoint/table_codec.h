// SPDX-License-Identifier: Apache-2.0
// How does a loader process tell its parent what it found? One answer: a table or an error, as
// bytes. The decoder trusts nothing: the process that wrote them may be in the hands of whoever
// made the file. It gives a table of sane lengths and types; check_table says whether that table
// fits the file.
//
// All numbers little-endian; "text" is u32 length, then bytes; both programs come from one build.
//   u64 kAnswerMagic, u8 kind
//   kind 1, a table: text format
//     u32 n, n x (text key, text value)                            metadata
//     u32 n, n x (text name, u64 offset, u64 size, u8 has, u32 crc)   regions
//     u32 n, n x (text name, u8 dtype, u8 rank, rank x i64 size, rank x i64 stride, u64 bytes,
//                 u64 region, u64 offset, u8 stored dtype, i64 stored columns)   tensors
//     u32 n, n x text                                              tokens
//   kind 2, an error: u8 code (ErrorCode), text message
// and nothing behind.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

inline constexpr uint64_t kAnswerMagic = 0x3165'6c62'6174'6c67;  // "gltable1"

std::string encode_table(const Result<TensorTable>& table);

// The table, or the error in it. BadFile, "the loader's answer is damaged", when the bytes break a
// rule; a count is believed only as far as there are bytes for it. Memory: at most 7 times the
// answer's.
Result<TensorTable> decode_table(std::span<const std::byte> answer);

}  // namespace greylag
