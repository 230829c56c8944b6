// SPDX-License-Identifier: Apache-2.0
// Does the forward pass compute RWKV-7? Against float64 references of two models, at every position
// and however the sequence is cut, and against another project's own expected logits.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/core/model/loaded_model.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::LoadedModel;

struct Reference {
  std::vector<int32_t> tokens;
  std::vector<float> logits, hidden;
  HostState state;
};

Reference read_reference(const std::filesystem::path& path) {
  Reference reference;
  const auto reader = open_checkpoint(path);
  if (!reader) {
    ADD_FAILURE() << reader.error().message;
    return reference;
  }
  const TensorInfo* info = (*reader)->find("tokens");
  std::vector<int64_t> tokens(static_cast<size_t>(info->shape.elements()));
  EXPECT_TRUE((*reader)->read(*info, std::as_writable_bytes(std::span(tokens))).ok());
  reference.tokens.assign(tokens.begin(), tokens.end());
  reference.logits = (*reader)->read_f32("logits").value();
  reference.hidden = (*reader)->read_f32("hidden").value();
  reference.state.att_shift = (*reader)->read_f32("att_shift").value();
  reference.state.ffn_shift = (*reader)->read_f32("ffn_shift").value();
  reference.state.wkv = (*reader)->read_f32("wkv_state").value();
  return reference;
}

// The tolerances are those of the contract: absolute, f32 against float64.
void compare_with_reference(const std::string& stem, float tolerance) {
  const auto model_path = test::shared_file("parity/" + stem + ".safetensors");
  const auto reference_path = test::shared_file("parity/" + stem + "-forward.safetensors");
  if (!model_path || !reference_path) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
  LoadedModel loaded(*model_path);
  const Reference reference = read_reference(*reference_path);
  const size_t whole = reference.tokens.size();
  for (const size_t chunk : {size_t{1}, size_t{2}, size_t{8}, size_t{10}, size_t{16}, whole}) {
    const StateSlot slot = loaded.take();
    const test::Outputs outputs = loaded.run(slot, reference.tokens, chunk);
    const HostState state = loaded.pool->download(slot);
    const float logits = test::largest_difference(outputs.logits, reference.logits);
    const float hidden = test::largest_difference(outputs.hidden, reference.hidden);
    const float shifts =
        std::max(test::largest_difference(state.att_shift, reference.state.att_shift),
                 test::largest_difference(state.ffn_shift, reference.state.ffn_shift));
    const float wkv = test::largest_difference(state.wkv, reference.state.wkv);
    std::printf("%s, %zu positions, chunk %3zu: logits %.2e  hidden %.2e  shifts %.2e  wkv %.2e\n",
                stem.c_str(), whole, chunk, static_cast<double>(logits),
                static_cast<double>(hidden), static_cast<double>(shifts), static_cast<double>(wkv));
    EXPECT_LE(logits, tolerance);
    EXPECT_LE(hidden, tolerance);
    EXPECT_LE(shifts, tolerance);
    EXPECT_LE(wkv, tolerance);
  }
}

TEST(Parity, ParityModelMatchesTheReferenceHoweverItIsCut) {
  compare_with_reference("tiny-rwkv7-byte", 1e-5f);
}

TEST(Parity, LivelyModelMatchesTheReferenceHoweverItIsCut) {
  compare_with_reference("lively-rwkv7-byte", 1e-4f);
}

TEST(Parity, PthAndSafetensorsGiveTheSameBits) {
  const auto pth = test::shared_file("parity/lively-rwkv7-byte.pth");
  const auto safetensors = test::shared_file("parity/lively-rwkv7-byte.safetensors");
  if (!pth || !safetensors) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
  LoadedModel a(*pth), b(*safetensors);
  const std::vector<int32_t> tokens = test::some_tokens(9, 3);
  EXPECT_EQ(a.run(a.take(), tokens, 9).logits, b.run(b.take(), tokens, 9).logits);
}

TEST(Parity, LogitsMatchThoseOfRwkvCpp) {
  const auto model = test::shared_file("parity/tiny-rwkv7-byte.pth");
  const auto expected_path = test::shared_file("parity/tiny-rwkv7-byte.logits.json");
  if (!model || !expected_path) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
  std::ifstream file(*expected_path);
  const nlohmann::json expected = nlohmann::json::parse(file, nullptr, false);
  ASSERT_FALSE(expected.is_discarded());
  const auto tokens = expected["tokens"].get<std::vector<int32_t>>();
  LoadedModel loaded(*model);
  for (const size_t chunk : {size_t{1}, tokens.size()}) {
    const test::Outputs outputs = loaded.run(loaded.take(), tokens, chunk);
    const std::span<const float> last = std::span(outputs.logits).last(256);
    const float difference =
        test::largest_difference(last, expected["logits"].get<std::vector<float>>());
    std::printf("rwkv.cpp logits, chunk %zu: %.2e\n", chunk, static_cast<double>(difference));
    EXPECT_LE(difference, 1e-5f);
  }
}

}  // namespace
}  // namespace greylag
