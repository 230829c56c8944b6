// SPDX-License-Identifier: Apache-2.0
#include "core/model/hrm_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "core/checkpoint/writer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

Config base_of(int64_t width, int64_t layers) {
  Config base;
  base.width = width;
  base.layers = layers;
  base.vocab = 65536;
  return base;
}

// Facts hrm.md 4.7 gives 8.2, 14.5, 57.2 and 88.9 million for these shapes, from a rule for the low
// ranks that differs in the third digit.
TEST(HrmConfigTest, CountsTheParametersOfTheTable) {
  const std::tuple<int64_t, int64_t, double> rows[] = {
      {768, 12, 8.2e6}, {1024, 24, 14.5e6}, {2048, 24, 57.2e6}, {2560, 32, 88.9e6}};
  for (const auto& [width, layers, expected] : rows) {
    const auto count = make_hrm_config(base_of(width, layers))->parameters();
    EXPECT_NEAR(static_cast<double>(count), expected, 0.03 * expected) << width;
  }
}

TEST(HrmConfigTest, DefaultsFollowTheBase) {
  EXPECT_EQ(make_hrm_config(base_of(64, 2))->width(), 64);
  EXPECT_EQ(make_hrm_config(base_of(320, 2))->width(), 192);
  EXPECT_EQ(make_hrm_config(base_of(2048, 24))->tap, 24);
  EXPECT_EQ(make_hrm_config(base_of(2048, 24))->state().layers, 16);
  EXPECT_FALSE(make_hrm_config(base_of(64, 2), 96).ok());
  EXPECT_FALSE(make_hrm_config(base_of(64, 2), 64, 2, {2, 3}, 3).ok());
  EXPECT_FALSE(make_hrm_config(base_of(64, 2), 64, 2, {0, 3}).ok());
}

class HrmFileTest : public testing::Test {
 protected:
  std::filesystem::path write(const test::TinyCore& core) {
    const std::filesystem::path path = dir_ / "core.safetensors";
    const Status status = test::write_tiny_core(path, core);
    EXPECT_TRUE(status.ok()) << (status ? "" : status.error().message);
    return path;
  }
  // The file again, with one thing changed.
  Error error_of(const std::function<void(std::vector<TensorInfo>&,
                                          std::map<std::string, std::string>&)>& change) {
    const auto reader = open_checkpoint(write({.base = base_of(64, 2)}));
    std::vector<TensorInfo> infos((*reader)->tensors().begin(), (*reader)->tensors().end());
    std::map<std::string, std::string> metadata = (*reader)->metadata();
    change(infos, metadata);
    for (TensorInfo& info : infos) {
      info.size_bytes = static_cast<uint64_t>(info.shape.elements()) * sizeof(float);
    }
    const std::filesystem::path path = dir_ / "changed.safetensors";
    EXPECT_TRUE(write_safetensors(path, infos, metadata,
                                  [](const TensorInfo&, std::span<std::byte> out) -> Status {
                                    std::fill(out.begin(), out.end(), std::byte{0});
                                    return {};
                                  })
                    .ok());
    const auto changed = open_checkpoint(path);
    EXPECT_TRUE(changed.ok());
    const auto config = read_hrm_config(**changed);
    return config ? Error{ErrorCode::Internal, "accepted"} : config.error();
  }
  test::TempDir dir_;
};

TEST_F(HrmFileTest, ReadsWhatWasWritten) {
  const auto reader = open_checkpoint(write({.base = base_of(128, 3),
                                             .blocks = 3,
                                             .recursion = {4, 1},
                                             .tap = 2,
                                             .is_shared = true,
                                             .has_gate = true,
                                             .halt_tau = 0.9}));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(identify_architecture(**reader), "hrm");
  const auto config = read_hrm_config(**reader);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->width(), 64);
  EXPECT_EQ(config->blocks(), 3);
  EXPECT_EQ(config->recursion.h_cycles, 4);
  EXPECT_EQ(config->recursion.l_cycles, 1);
  EXPECT_EQ(config->tap, 2);
  EXPECT_TRUE(config->is_shared);
  EXPECT_TRUE(config->has_gate);
  EXPECT_EQ(config->halt_tau, 0.9);
  EXPECT_EQ(config->base_width, 128);
}

TEST_F(HrmFileTest, RefusesWhatIsMissingOrWrong) {
  using Infos = std::vector<TensorInfo>;
  using Metadata = std::map<std::string, std::string>;
  using testing::HasSubstr;
  EXPECT_THAT(error_of([](Infos& infos, Metadata&) { infos.pop_back(); }).message,
              HasSubstr("hrm.q.bias"));
  EXPECT_THAT(error_of([](Infos& infos, Metadata&) { infos[1].shape = {65}; }).message,
              HasSubstr("hrm.z0"));
  EXPECT_THAT(error_of([](Infos& infos, Metadata&) {
                infos.push_back(infos[1]);
                infos.back().name = "surplus";
              }).message,
              HasSubstr("surplus"));
  EXPECT_THAT(error_of([](Infos&, Metadata& metadata) { metadata.erase("tap"); }).message,
              HasSubstr("tap"));
  EXPECT_THAT(error_of([](Infos&, Metadata& metadata) { metadata["n_h"] = "0"; }).message,
              HasSubstr("n_h"));
  EXPECT_THAT(error_of([](Infos&, Metadata& metadata) { metadata["d"] = "100"; }).message,
              HasSubstr("d in the header"));
  EXPECT_THAT(error_of([](Infos&, Metadata& metadata) { metadata["format"] = "pt"; }).message,
              HasSubstr("rwkv7-hrm-1"));
}

// 1 MiB of weights; each conversation would take 134.
TEST_F(HrmFileTest, RefusesCyclesWhoseStatesDwarfTheFile) {
  const auto error = error_of([](auto&, auto& metadata) {
    metadata["n_h"] = "64";
    metadata["t_l"] = "64";
  });
  EXPECT_EQ(error.code, ErrorCode::BadFile);
  EXPECT_THAT(error.message, testing::HasSubstr("134 MiB per conversation"));
  EXPECT_FALSE(make_hrm_config(base_of(64, 2), 64, 2, {64, 64}).ok());
  EXPECT_TRUE(make_hrm_config(base_of(64, 2), 64, 2, {16, 16}).ok());
}

TEST_F(HrmFileTest, IsNotTakenForAModel) {
  const auto reader = open_checkpoint(write({.base = base_of(64, 2)}));
  EXPECT_THAT(read_config(**reader).error().message, testing::HasSubstr("reasoning core"));
}

}  // namespace
}  // namespace greylag
