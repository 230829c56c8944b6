// SPDX-License-Identifier: Apache-2.0
// Does the forward pass run straight on block formats? Against an f64 forward of the exactly
// decoded weights: what is left is f32 rounding, and for most formats the rounding of activations
// to 16 bits. Prints the figures.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/model/loaded_model.h"
#include "tests/support/packed_checkpoint.h"
#include "tests/support/reference_forward.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using gpu::DType;

size_t argmax(std::span<const double> values) {
  return static_cast<size_t>(std::ranges::max_element(values) - values.begin());
}

// bound: 1e-5 where activations stay f32, 5e-3 where they are rounded.
void compare(const std::filesystem::path& path, const std::string& label, double bound) {
  const auto reader = open_checkpoint(path);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  const std::vector<int32_t> tokens = test::some_tokens(24, 5);
  const std::vector<double> expected =
      test::reference_logits(**reader, read_config(**reader).value(), tokens);
  test::LoadedModel loaded(path);
  ASSERT_NE(loaded.weights, nullptr);
  for (const size_t chunk : {size_t{1}, tokens.size()}) {
    const test::Outputs outputs = loaded.run(loaded.take(), tokens, chunk);
    ASSERT_EQ(outputs.logits.size(), expected.size());
    const std::vector<double> got(outputs.logits.begin(), outputs.logits.end());
    double largest = 0.0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double difference = std::abs(got[i] - expected[i]);
      if (!(difference <= largest)) largest = difference;  // keeps a NaN
    }
    const size_t vocab = static_cast<size_t>(loaded.config().vocab);
    for (size_t t = 0; t < tokens.size(); ++t) {
      EXPECT_EQ(argmax(std::span(got).subspan(t * vocab, vocab)),
                argmax(std::span(expected).subspan(t * vocab, vocab)));
    }
    std::printf("%-28s chunk %2zu: logits %.2e\n", label.c_str(), chunk, largest);
    EXPECT_LE(largest, bound);
  }
}

void compare_formats(const std::string& stem, std::initializer_list<DType> formats) {
  const auto source = test::shared_file("parity/" + stem + ".safetensors");
  if (!source) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
  const auto reader = open_checkpoint(*source);
  ASSERT_TRUE(reader.ok());
  const test::TempDir dir;
  for (const DType format : formats) {
    const std::string label =
        stem.substr(0, stem.find('-')) + " " + std::string(gpu::dtype_name(format));
    test::write_packed(**reader, format, dir / "packed.safetensors");
    const bool is_rounding = gpu::is_block_format(format) && format != DType::NF4;
    compare(dir / "packed.safetensors", label, is_rounding ? 5e-3 : 1e-5);
  }
}

TEST(BlockFormats, LivelyModelRunsOnEveryFormat) {
  compare_formats(
      "lively-rwkv7-byte",
      {DType::F32, DType::F16, DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_1, DType::Q5_0,
       DType::Q5_1, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::Int8Row, DType::NF4});
}

TEST(BlockFormats, ParityModelRunsOnTheFormatsThatItsWidthFits) {
  compare_formats("tiny-rwkv7-byte",
                  {DType::F32, DType::F16, DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_1,
                   DType::Q5_0, DType::Q5_1, DType::Int8Row, DType::NF4});
}

TEST(BlockFormats, ForeignFilesOfTheParityModelRun) {
  for (const char* name : {"tiny-rwkv7-byte-f32.gguf", "tiny-rwkv7-byte-q5_0.gguf",
                           "tiny-rwkv7-byte-rwkvcpp-f16.bin", "tiny-rwkv7-byte-rwkvcpp-q5_0.bin"}) {
    const auto path = test::shared_file(std::string("parity/") + name);
    if (!path) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
    const bool is_rounding = std::string_view(name).find("q5") != std::string_view::npos;
    compare(*path, std::string(name).substr(16), is_rounding ? 5e-3 : 1e-5);
  }
}

}  // namespace
}  // namespace greylag
