// SPDX-License-Identifier: Apache-2.0
// What must hold for a reasoning core (facts hrm.md 4.9): the formula, bit parity of a fresh one,
// chunks, causality, effort, rest, and its states.
#include "core/model/hrm_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/op_clock.h"
#include "tests/core/model/loaded_model.h"
#include "tests/support/packed_checkpoint.h"
#include "tests/support/reference_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

using test::LoadedModel;

std::string message_of(const Status& status) { return status ? "" : status.error().message; }

// A base and a core in files, loaded.
class HrmCoreTest : public testing::Test {
 protected:
  void load(const test::TinyCheckpoint& base, test::TinyCore core) {
    model_path_ = dir_ / "tiny.safetensors";
    ASSERT_EQ(message_of(test::write_tiny_checkpoint(model_path_, base)), "");
    loaded_ = std::make_unique<LoadedModel>(model_path_);
    load_core(std::move(core));
  }
  void load_core(test::TinyCore core) {
    core.base = loaded_->config();
    core_path_ = dir_ / ("core" + std::to_string(cores_++) + ".safetensors");
    ASSERT_EQ(message_of(test::write_tiny_core(core_path_, core)), "");
    const auto reader = open_checkpoint(core_path_);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    const auto weights = HrmWeights::load(**reader, "", *loaded_->device);
    ASSERT_TRUE(weights.ok()) << weights.error().message;
    core_ = std::make_unique<HrmCore>(*weights, *loaded_->device, *loaded_->queue, 4);
  }

  struct Place {
    StateSlot base, core;
  };
  Place take() {
    Place place{loaded_->take(), {}};
    Result<StateSlot> slot = core_->states().take();
    EXPECT_TRUE(slot.ok());
    place.core = std::move(slot).value();
    return place;
  }

  // Logits of all positions, fed in chunks of these sizes (the last one again and again).
  std::vector<float> run(const Place& place, std::span<const int32_t> tokens,
                         const std::vector<size_t>& chunks, const HrmUse& use = {},
                         const AdapterWeights* adapter = nullptr) {
    std::vector<float> all;
    size_t begin = 0;
    for (size_t i = 0; begin < tokens.size(); ++i) {
      const size_t count = std::min(chunks[std::min(i, chunks.size() - 1)], tokens.size() - begin);
      Batch batch;
      batch.add(tokens.subspan(begin, count), place.base.index(), adapter, false,
                {core_.get(), place.core.index(), use});
      batch.logit_rows.resize(count);
      std::iota(batch.logit_rows.begin(), batch.logit_rows.end(), 0);
      std::vector<float> logits(count * static_cast<size_t>(loaded_->config().vocab));
      const Status status = loaded_->model->forward(batch, *loaded_->pool, logits);
      EXPECT_EQ(message_of(status), "");
      all.insert(all.end(), logits.begin(), logits.end());
      begin += count;
    }
    return all;
  }
  std::vector<float> run(std::span<const int32_t> tokens, const std::vector<size_t>& chunks,
                         const HrmUse& use = {}) {
    const Place place = take();
    return run(place, tokens, chunks, use);
  }
  std::vector<float> run_base(std::span<const int32_t> tokens,
                              const AdapterWeights* adapter = nullptr) {
    const StateSlot slot = loaded_->take();
    return loaded_->run(slot, tokens, tokens.size(), adapter).logits;
  }
  std::vector<double> reference(std::span<const int32_t> tokens, double strength = 1,
                                int64_t effort = 0) {
    const auto model = open_checkpoint(model_path_), core = open_checkpoint(core_path_);
    const test::ReferenceCore options{**core, read_hrm_config(**core).value(), strength, effort};
    return test::reference_logits(**model, loaded_->config(), tokens, &options);
  }
  static double largest_error(std::span<const float> got, std::span<const double> expected) {
    EXPECT_EQ(got.size(), expected.size());
    double largest = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double error = std::abs(static_cast<double>(got[i]) - expected[i]);
      if (!(error <= largest)) largest = error;
    }
    return largest;
  }

  test::TempDir dir_;
  std::filesystem::path model_path_, core_path_;
  std::unique_ptr<LoadedModel> loaded_;
  std::unique_ptr<HrmCore> core_;
  int cores_ = 0;
};

// f32 rounding through 8 calls of 2 blocks; a wrong formula shows in the second digit.
constexpr double kTolerance = 2e-4;

TEST_F(HrmCoreTest, ComputesTheFormula) {
  const std::vector<int32_t> tokens = test::some_tokens(12, 1);
  load({.layers = 2, .width = 128}, {});
  std::vector<test::TinyCore> cores(7);
  cores[1].is_shared = true;
  cores[2].has_gate = true;
  cores[3].tap = 1;
  cores[4].recursion = {3, 1};
  cores[5].blocks = 1;
  cores[6].width = 128;
  for (size_t i = 0; i < cores.size(); ++i) {
    load_core(cores[i]);
    const std::vector<double> expected = reference(tokens);
    EXPECT_LT(largest_error(run(tokens, {12}), expected), kTolerance) << "core " << i;
    EXPECT_GT(largest_error(run_base(tokens), expected), 0.05) << "the core does something";
  }
}

TEST_F(HrmCoreTest, StrengthAndEffortAreOfTheCall) {
  const std::vector<int32_t> tokens = test::some_tokens(9, 2);
  load({.layers = 2, .width = 64}, {.recursion = {3, 2}});
  EXPECT_LT(largest_error(run(tokens, {9}, {.strength = 0.25f}), reference(tokens, 0.25)),
            kTolerance);
  for (int32_t effort = 1; effort <= 3; ++effort) {
    EXPECT_LT(largest_error(run(tokens, {9}, {.effort = effort}), reference(tokens, 1, effort)),
              kTolerance);
  }
  EXPECT_EQ(run(tokens, {9}, {.effort = 3}), run(tokens, {9}));
}

TEST_F(HrmCoreTest, FreshCoreChangesNoBit) {
  const std::vector<int32_t> tokens = test::some_tokens(21, 3);
  for (const gpu::DType dtype : {gpu::DType::F32, gpu::DType::F16, gpu::DType::BF16}) {
    load({.layers = 2, .width = 128, .dtype = dtype},
         {.has_gate = true, .is_fresh = true, .dtype = dtype});
    const auto adapter = test::make_adapter(*loaded_, 0.1f);
    const std::vector<float> base = run_base(tokens);
    EXPECT_EQ(run(tokens, {21}), base) << "prefill";
    EXPECT_EQ(run(tokens, {1}), base) << "decode";
    const Place place = take();
    EXPECT_EQ(run(place, tokens, {21}, {}, adapter.get()), run_base(tokens, adapter.get()));
  }
}

TEST_F(HrmCoreTest, FreshCoreChangesNoBitOfAQuantisedBase) {
  const std::vector<int32_t> tokens = test::some_tokens(9, 3);
  load({.layers = 2, .width = 256}, {.is_fresh = true});
  const std::filesystem::path plain = model_path_;
  for (const gpu::DType format : {gpu::DType::Q8_0, gpu::DType::Q4_0, gpu::DType::Q4_K,
                                  gpu::DType::Q6_K, gpu::DType::Int8Row, gpu::DType::NF4}) {
    const auto reader = open_checkpoint(plain);
    model_path_ = dir_ / "packed.safetensors";
    test::write_packed(**reader, format, model_path_);
    core_.reset();  // before its device
    loaded_ = std::make_unique<LoadedModel>(model_path_);
    load_core({.is_fresh = true});
    const std::vector<float> base = run_base(tokens);
    EXPECT_EQ(run(tokens, {9}), base) << gpu::dtype_name(format) << " prefill";
    EXPECT_EQ(run(tokens, {1}), base) << gpu::dtype_name(format) << " decode";
    load_core({});
    EXPECT_NE(run(tokens, {9}), base) << gpu::dtype_name(format);
  }
}

TEST_F(HrmCoreTest, StrengthZeroIsTheBaseAndRunsNothing) {
  const std::vector<int32_t> tokens = test::some_tokens(7, 4);
  load({.layers = 2, .width = 64}, {});
  OpClock clock;
  loaded_->model->set_clock(&clock);
  EXPECT_EQ(run(tokens, {7}, {.strength = 0}), run_base(tokens));
  for (const OpClock::Row& row : clock.rows()) EXPECT_FALSE(row.op.starts_with("core")) << row.op;
  run(tokens, {7});
  EXPECT_THAT(clock.rows(), testing::Contains(testing::Field(&OpClock::Row::op, "core in")));
  loaded_->model->set_clock(nullptr);
}

TEST_F(HrmCoreTest, ChunksAndSingleStepsAgreeBitForBit) {
  const std::vector<int32_t> tokens = test::some_tokens(24, 5);
  load({.layers = 2, .width = 128}, {.has_gate = true});
  const std::vector<float> whole = run(tokens, {24});
  EXPECT_EQ(run(tokens, {10, 14}), whole);
  EXPECT_EQ(run(tokens, {1}), whole);
}

TEST_F(HrmCoreTest, LaterTokensChangeNothingBefore) {
  std::vector<int32_t> tokens = test::some_tokens(20, 6);
  load({.layers = 2, .width = 64}, {});
  const std::vector<float> before = run(tokens, {20});
  tokens[15] = (tokens[15] + 100) % 256;
  const std::vector<float> after = run(tokens, {20});
  const auto vocab = static_cast<size_t>(loaded_->config().vocab);
  EXPECT_TRUE(
      std::equal(before.begin(), before.begin() + static_cast<long>(15 * vocab), after.begin()));
  EXPECT_FALSE(std::equal(before.begin() + static_cast<long>(15 * vocab),
                          before.begin() + static_cast<long>(16 * vocab),
                          after.begin() + static_cast<long>(15 * vocab)));
}

TEST_F(HrmCoreTest, SequencesOfABatchUseTheirCoresAlone) {
  load({.layers = 2, .width = 64}, {});
  const std::vector<std::vector<int32_t>> sequences{
      test::some_tokens(5, 1), test::some_tokens(3, 2), test::some_tokens(6, 3),
      test::some_tokens(1, 4)};
  const std::vector<HrmUse> uses{{}, {.strength = 0}, {.effort = 1}, {.effort = 1}};
  std::vector<Place> places;
  Batch batch;
  for (size_t i = 0; i < sequences.size(); ++i) {
    places.push_back(take());
    batch.add(sequences[i], places[i].base.index(), nullptr, true,
              {core_.get(), places[i].core.index(), uses[i]});
  }
  const auto vocab = static_cast<size_t>(loaded_->config().vocab);
  std::vector<float> logits(sequences.size() * vocab);
  ASSERT_EQ(message_of(loaded_->model->forward(batch, *loaded_->pool, logits)), "");
  places.clear();
  for (size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<float> alone = run(sequences[i], {sequences[i].size()}, uses[i]);
    EXPECT_TRUE(std::equal(alone.end() - static_cast<long>(vocab), alone.end(),
                           logits.begin() + static_cast<long>(i * vocab)))
        << i;
  }
}

// A threshold that half of the tokens pass: those rest, and no bit of the others shows it.
TEST_F(HrmCoreTest, RestingTokensKeepTheirStates) {
  const std::vector<int32_t> tokens = test::some_tokens(16, 7);
  load({.layers = 2, .width = 64}, {.halt_tau = 0.999999});
  const std::vector<float> awake = run(tokens, {16});
  const auto states_after = [&] {
    const Place place = take();
    run(place, tokens, {16});
    return core_->states().download(place.core);
  };
  const HostState full = states_after();

  load_core({.halt_tau = 1e-6});  // everything rests after the first cycle
  EXPECT_EQ(run(tokens, {16}), run(tokens, {16}, {.effort = 1}));
  const HostState first = states_after();
  const auto half = static_cast<long>(first.wkv.size() / 2);
  EXPECT_TRUE(std::equal(first.wkv.begin(), first.wkv.begin() + half, full.wkv.begin()));
  EXPECT_TRUE(std::all_of(first.wkv.begin() + half, first.wkv.end(),
                          [](float value) { return value == 0.0f; }));

  load_core({.halt_tau = 0.5});
  const std::vector<float> mixed = run(tokens, {16});
  EXPECT_EQ(run(tokens, {1}), mixed) << "one by one as together";
  EXPECT_EQ(run(tokens, {5, 3, 8}), mixed);
  EXPECT_NE(mixed, awake);
  EXPECT_NE(mixed, run(tokens, {16}, {.effort = 1}));
}

TEST_F(HrmCoreTest, RefusesWhatDoesNotFit) {
  load({.layers = 2, .width = 64}, {});
  const auto reader = open_checkpoint(core_path_);
  const HrmConfig config = read_hrm_config(**reader).value();
  Config other = loaded_->config();
  other.width = 128;
  EXPECT_THAT(check_hrm_base(config, other).error().message, testing::HasSubstr("width 64"));
  other = loaded_->config();
  other.layers = 1;
  EXPECT_THAT(check_hrm_base(config, other).error().message, testing::HasSubstr("block 2"));

  Batch batch;
  const Place place = take();
  batch.add(test::some_tokens(2, 1), place.base.index(), nullptr, true, {core_.get(), 9, {}});
  std::vector<float> logits(static_cast<size_t>(loaded_->config().vocab));
  EXPECT_EQ(loaded_->model->forward(batch, *loaded_->pool, logits).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(HrmCoreTest, SavedSessionGoesOnMidSentence) {
  const std::vector<int32_t> tokens = test::some_tokens(20, 8);
  load({.layers = 2, .width = 64}, {});
  const std::vector<float> whole = run(tokens, {20});
  HostState saved;
  {
    const Place place = take();
    run(place, std::span(tokens).first(13), {13});
    saved = loaded_->pool->download(place.base);
    saved.core = core_->download(place.core);
  }
  const std::filesystem::path path = dir_ / "state.safetensors";
  ASSERT_EQ(message_of(save_state(path, loaded_->config(), saved)), "");
  const auto restored = load_state(path, loaded_->config());
  ASSERT_TRUE(restored.ok()) << restored.error().message;
  ASSERT_TRUE(restored->core);
  EXPECT_EQ(restored->core->states.wkv, saved.core->states.wkv);
  {
    const Place place = take();
    loaded_->pool->upload(place.base, *restored);
    ASSERT_EQ(message_of(core_->upload(place.core, *restored->core)), "");
    const std::vector<float> rest = run(place, std::span(tokens).subspan(13), {3, 4});
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.end() - static_cast<long>(rest.size())));
  }
  CoreState other = *restored->core;
  other.sha256 = "another";
  const Place place = take();
  EXPECT_THAT(core_->upload(place.core, other).error().message,
              testing::HasSubstr("another reasoning core"));
  EXPECT_FALSE(check_core_state(*restored, nullptr).ok());
  EXPECT_TRUE(check_core_state(*restored, &core_->weights()).ok());
}

}  // namespace
}  // namespace greylag
