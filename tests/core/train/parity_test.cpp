// SPDX-License-Identifier: Apache-2.0
#include "core/train/parity.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

// The tolerances of issue 2; f32 against f64 autograd.
struct Case {
  const char* model;
  double tolerance;
  bool is_recomputing;
};

class ParityTest : public ::testing::TestWithParam<Case> {};

TEST_P(ParityTest, GradientsAgreeWithTheReference) {
  const char* shared = std::getenv("GREYLAG_SHARED");
  const fs::path folder = fs::path(shared == nullptr ? "" : shared) / "parity";
  const std::string name = GetParam().model;
  if (!fs::exists(folder / (name + ".safetensors"))) GTEST_SKIP() << "no parity data";
  const auto report =
      check_parity(folder / (name + ".safetensors"), folder / (name + "-gradients.safetensors"),
                   GetParam().is_recomputing);
  ASSERT_TRUE(report.ok()) << report.error().message;
  std::printf("%s%s: loss error %.3g, largest relative gradient error %.3g over %zu tensors\n",
              name.c_str(), GetParam().is_recomputing ? " (recomputed)" : "", report->loss_error,
              report->max_relative_error, report->tensors.size());
  EXPECT_LE(report->loss_error, 1e-6);
  EXPECT_GT(report->tensors.size(), 100u);
  for (const auto& tensor : report->tensors) {
    EXPECT_LE(tensor.relative_error, GetParam().tolerance) << tensor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ParityTest,
                         ::testing::Values(Case{"tiny-rwkv7-byte", 2e-5, false},
                                           Case{"lively-rwkv7-byte", 5e-5, false},
                                           Case{"lively-rwkv7-byte", 5e-5, true}));

TEST(Parity, AFileThatIsNoReferenceIsRefused) {
  const char* shared = std::getenv("GREYLAG_SHARED");
  const fs::path model =
      fs::path(shared == nullptr ? "" : shared) / "parity" / "tiny-rwkv7-byte.safetensors";
  if (!fs::exists(model)) GTEST_SKIP() << "no parity data";
  const auto report = check_parity(model, model);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::BadFile);
}

}  // namespace
}  // namespace greylag::train
