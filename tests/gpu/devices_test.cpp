// SPDX-License-Identifier: Apache-2.0
// Is every device listed with an honest word, and does a choice get that device or a reason?
#include <gtest/gtest.h>

#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Devices, ListEndsWithAUsableCpuAndNamesWhatIsAbsent) {
  const std::vector<DeviceInfo> devices = list_devices();
  ASSERT_TRUE(devices.size() >= 3);
  EXPECT_EQ(devices.back().id, "cpu");
  EXPECT_TRUE(devices.back().is_usable);
  EXPECT_FALSE(devices.back().name.empty());
  EXPECT_TRUE(has(devices.back().detail, "thread"));
  for (size_t i = 0; i + 1 < devices.size(); ++i) {
    EXPECT_FALSE(devices[i].is_usable);
    EXPECT_TRUE(has(devices[i].why, "this build has no")) << devices[i].why;
  }
}

TEST(Devices, AutoTakesTheCpuAndSaysWhy) {
  std::string why;
  const auto device = make_device("auto", 2, &why);
  ASSERT_TRUE(device != nullptr);
  EXPECT_EQ(device->info().id, "cpu");
  EXPECT_TRUE(has(device->info().why, "no CUDA backend")) << device->info().why;
  EXPECT_TRUE(has(device->info().detail, "2 threads")) << device->info().detail;
}

TEST(Devices, AnAbsentDeviceAskedForByNameIsRefusedWithTheReason) {
  for (const std::string choice : {"cuda:0", "cuda:12", "vulkan:0"}) {
    std::string why;
    EXPECT_TRUE(make_device(choice, 1, &why) == nullptr);
    EXPECT_TRUE(has(why, choice) && has(why, "this build has no")) << why;
  }
}

TEST(Devices, AnUnknownWordIsRefusedWithTheAllowedOnes) {
  for (const std::string choice : {"", "gpu", "cuda", "cuda:", "cuda:x", "CPU", "cuda:-1"}) {
    std::string why;
    EXPECT_TRUE(make_device(choice, 1, &why) == nullptr);
    EXPECT_TRUE(has(why, "auto, cpu, cuda:N, vulkan:N")) << why;
  }
}

TEST(CpuDevice, CopiesAndZeroes) {
  Cpu cpu(1);
  const std::vector<float> values = uniform(6, 3);
  const Tensor a = cpu.make({2, 3}), b = cpu.make({6});
  cpu.device->upload(*cpu.queue, values.data(), a);
  cpu.device->copy(*cpu.queue, a, b);
  std::vector<float> back(6);
  cpu.device->download(*cpu.queue, b, back.data());
  EXPECT_TRUE(back == values);
  cpu.device->fill_zero(*cpu.queue, b);
  EXPECT_TRUE(values_of(b) == std::vector<float>(6, 0.0f));
}

}  // namespace
}  // namespace greylag::gpu::test
