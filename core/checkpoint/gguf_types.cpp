// SPDX-License-Identifier: Apache-2.0
// The numbers are those of ggml's public header; they never change their meaning.
#include "core/checkpoint/gguf_types.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

using gpu::DType;

struct SupportedType {
  uint32_t number;
  DType dtype;
};
constexpr SupportedType kSupported[] = {
    {0, DType::F32},   {1, DType::F16},   {2, DType::Q4_0}, {3, DType::Q4_1},
    {6, DType::Q5_0},  {7, DType::Q5_1},  {8, DType::Q8_0}, {12, DType::Q4_K},
    {13, DType::Q5_K}, {14, DType::Q6_K}, {24, DType::I8},  {25, DType::I16},
    {26, DType::I32},  {27, DType::I64},  {28, DType::F64}, {30, DType::BF16},
};

struct OtherType {
  uint32_t number;
  std::string_view name;
};
constexpr OtherType kUnsupported[] = {
    {9, "Q8_1"},     {10, "Q2_K"},  {11, "Q3_K"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"},
    {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"}, {22, "IQ2_S"},   {23, "IQ4_XS"},
    {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"},
};
constexpr OtherType kRemoved[] = {
    {4, "Q4_2"},      {5, "Q4_3"},        {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
    {33, "Q4_0_8_8"}, {36, "IQ4_NL_4_4"}, {37, "IQ4_NL_4_8"}, {38, "IQ4_NL_8_8"},
};

constexpr std::array<size_t, kGgufTypeCount> kTypeBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

}  // namespace

size_t gguf_type_bytes(GgufType type) { return kTypeBytes[static_cast<size_t>(type)]; }

Result<DType> dtype_of_ggml_type(uint32_t number) {
  for (const SupportedType& type : kSupported) {
    if (type.number == number) return type.dtype;
  }
  for (const OtherType& type : kUnsupported) {
    if (type.number != number) continue;
    return bad_file(fmt::format(
        "its type is {}, which Greylag does not run; it runs F32, F16, BF16, Q4_0, Q4_1, Q5_0, "
        "Q5_1, Q8_0, Q4_K, Q5_K and Q6_K",
        type.name));
  }
  for (const OtherType& type : kRemoved) {
    if (type.number == number) {
      return bad_file(fmt::format("its type is {}, which ggml no longer has", type.name));
    }
  }
  return bad_file(fmt::format("its type is number {}, which is not known", number));
}

std::optional<uint32_t> ggml_type_of(DType dtype) {
  for (const SupportedType& type : kSupported) {
    if (type.dtype == dtype) return type.number;
  }
  return std::nullopt;
}

}  // namespace greylag
