// SPDX-License-Identifier: Apache-2.0
// The roof: bytes counted from the tensors, bandwidth measured once, shares that claim nothing
// unknown. How fast memory is, no test can say.
#include "core/infer/roof.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "core/model/state_pool.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

constexpr size_t kSmall = size_t{4} << 20;
constexpr MemoryBandwidth kKnown{.read = 20e9, .copy = 18e9};

Traffic steps(int64_t count, double bytes_each, double seconds_each) {
  const auto n = static_cast<double>(count);
  return {.bytes = n * bytes_each, .seconds = n * seconds_each, .steps = count};
}

TEST(Roof, CountsEveryTensorOnceButOneRowOfTheEmbedding) {
  const test::TempDir dir;
  const std::filesystem::path path = dir / "tiny.safetensors";
  ASSERT_TRUE(test::write_tiny_checkpoint(path, {.layers = 2, .width = 64}).ok());
  std::string why;
  const std::unique_ptr<gpu::Device> device = gpu::make_device("cpu", 1, &why);
  const auto reader = open_checkpoint(path).value();
  const auto weights = Weights::load(*reader, *device).value();
  uint64_t all = 0, embedding = 0;
  for (const TensorInfo& tensor : reader->tensors()) {  // f32, as in memory
    (tensor.name == "emb.weight" ? embedding : all) += tensor.size_bytes;
  }
  const auto queue = device->make_queue();
  const uint64_t state = StatePool(weights->config, *device, *queue, 1).bytes_per_slot();
  const StepBytes bytes = step_bytes(*weights, state);
  EXPECT_EQ(bytes.weights, all);
  EXPECT_EQ(bytes.per_sequence, embedding / 256 + 2 * state);
  EXPECT_EQ(bytes.of(8), all + 8 * (embedding / 256 + 2 * state));
}

TEST(Roof, MeasuresReadingAndCopying) {
  for (const unsigned threads : {0u, 1u, 3u}) {
    const MemoryBandwidth bandwidth = measure_memory_bandwidth(threads, kSmall);
    EXPECT_GT(bandwidth.read, 1e8) << threads;  // any machine since 1995
    EXPECT_GT(bandwidth.copy, 1e8) << threads;
    EXPECT_LT(bandwidth.read, 1e14) << threads;  // a loop that was left out
  }
}

TEST(Roof, IsMeasuredOnceForAllWhoAsk) {
  Roof roof(1, kSmall);
  EXPECT_EQ(roof.bandwidth().read, 0);
  std::array<MemoryBandwidth, 4> seen;
  {
    std::vector<std::jthread> threads;
    for (MemoryBandwidth& one : seen) {
      threads.emplace_back([&roof, &one] { one = roof.measure(); });
    }
  }
  for (const MemoryBandwidth& one : seen) {
    EXPECT_GT(one.read, 0);
    EXPECT_EQ(one.read, roof.bandwidth().read);
    EXPECT_EQ(one.copy, roof.bandwidth().copy);
  }
}

TEST(Roof, StopsWhenAskedAndMeasuresTheNextTime) {
  Roof roof(1, kSmall);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(roof.measure(stop.get_token()).read, 0);
  EXPECT_EQ(roof.bandwidth().read, 0);
  EXPECT_GT(roof.measure().read, 0);
}

TEST(Roof, RefusesMoreMemoryThanThereIs) {
  EXPECT_EQ(measure_memory_bandwidth(1, size_t{1} << 50).read, 0);
}

TEST(Roof, ShareIsBytesMovedByTheReadBandwidth) {
  const Roof roof(kKnown);
  EXPECT_DOUBLE_EQ(roof.share("cpu", steps(10, 1e9, 0.1)).value(), 0.5);
  EXPECT_DOUBLE_EQ(roof.share("cpu", steps(10, 1e9, 0.2)).value(), 0.25);
  Traffic traffic;
  traffic.add(1'000'000'000, 0.1);
  traffic.add(3'000'000'000, 0.1);  // another conversation has joined
  EXPECT_DOUBLE_EQ(roof.share("cpu", traffic).value(), 1.0);
  EXPECT_DOUBLE_EQ(roof.share("cpu", steps(1, 1e9, 0.01)).value(), 1.0);  // never beyond
}

TEST(Roof, ShareIsUnknownRatherThanWrong) {
  const Roof roof(kKnown);
  EXPECT_FALSE(Roof(1).share("cpu", steps(10, 1e9, 0.1)).has_value());    // not measured
  EXPECT_FALSE(roof.share("cuda:0", steps(10, 1e9, 0.1)).has_value());    // other memory
  EXPECT_FALSE(roof.share("cpu", {}).has_value());                        // nothing ran
  EXPECT_FALSE(roof.share("cpu", steps(1000, 10e6, 0.001)).has_value());  // cached weights
  EXPECT_TRUE(roof.share("cpu", steps(1000, 100e6, 0.01)).has_value());
}

}  // namespace
}  // namespace greylag
