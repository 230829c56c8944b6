// SPDX-License-Identifier: Apache-2.0
// Which devices are there, and which one does a choice mean? A device counts as usable only after
// it has run a real matmul and the result was right.
#include <cmath>
#include <cstdlib>
#include <vector>

#include "gpu/cpu/cpu_device.h"
#include "gpu/device.h"
#include "gpu/op_table.h"

namespace greylag::gpu {
namespace {

constexpr const char* kAllowedChoices = "auto, cpu, cuda:N, vulkan:N (N = 0, 1, ...)";

// "" when the device computes y = x Wᵀ right, else what went wrong.
std::string probe(Device& device) {
  constexpr int64_t kRows = 3, kInner = 37, kOuter = 5;
  std::vector<float> x(kRows * kInner), w(kOuter * kInner), y(kRows * kOuter);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3.0f;
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 5) * 0.5f - 1.0f;
  try {
    const std::unique_ptr<Queue> queue = device.make_queue();
    const Tensor dx = device.allocate(DType::F32, {kRows, kInner});
    const Tensor dy = device.allocate(DType::F32, {kRows, kOuter});
    device.upload(*queue, x.data(), dx);
    const Tensor dw = device.upload_matrix(*queue, w.data(), DType::F32, {kOuter, kInner});
    const Product product{.x = dx, .w = dw, .y = dy};
    device.ops().matmul(*queue, {&product, 1});
    device.download(*queue, dy, y.data());
    queue->wait();
  } catch (const std::exception& error) {
    return std::string("its test matmul failed: ") + error.what();
  }
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t o = 0; o < kOuter; ++o) {
      float expected = 0.0f;  // small multiples of 1/2: exact in any order
      for (size_t k = 0; k < kInner; ++k) expected += x[m * kInner + k] * w[o * kInner + k];
      if (y[m * kOuter + o] != expected) return "its test matmul gave a wrong result";
    }
  }
  return "";
}

struct Backend {
  std::string_view prefix, title;
};
constexpr Backend kAbsentBackends[] = {{"cuda", "CUDA"}, {"vulkan", "Vulkan"}};

std::string absence(const Backend& backend) {
  return "this build has no " + std::string(backend.title) + " backend";
}

bool is_index(const std::string& text) {
  return !text.empty() && text.size() <= 3 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

std::unique_ptr<Device> make_cpu(unsigned threads, std::string reason, std::string* why) {
  auto device = std::make_unique<CpuDevice>(threads, std::move(reason));
  const std::string fault = probe(*device);
  if (fault.empty()) return device;
  *why = "cpu cannot be used: " + fault;
  return nullptr;
}

}  // namespace

Tensor Device::allocate_zero(DType dtype, const Shape& shape) {
  Tensor tensor = allocate(dtype, shape);
  const std::unique_ptr<Queue> queue = make_queue();
  fill_zero(*queue, tensor);
  queue->wait();
  return tensor;
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices;
  for (const Backend& backend : kAbsentBackends) {
    DeviceInfo info;
    info.id = std::string(backend.prefix) + ":0";
    info.name = std::string(backend.title) + " device";
    info.why = "refused: " + absence(backend);
    devices.push_back(std::move(info));
  }
  CpuDevice cpu(0, "its test matmul was right");
  DeviceInfo info = cpu.info();
  if (const std::string fault = probe(cpu); !fault.empty()) {
    info.is_usable = false;
    info.why = "refused: " + fault;
  }
  devices.push_back(std::move(info));
  return devices;
}

std::unique_ptr<Device> make_device(const std::string& choice, unsigned cpu_threads,
                                    std::string* why) {
  std::string ignored;
  if (why == nullptr) why = &ignored;
  if (choice == "cpu") return make_cpu(cpu_threads, "chosen by name", why);
  if (choice == "auto") {
    std::string refused;
    for (const Backend& backend : kAbsentBackends) {
      refused +=
          (refused.empty() ? "" : "; ") + std::string(backend.prefix) + ": " + absence(backend);
    }
    return make_cpu(cpu_threads, "chosen automatically (" + refused + ")", why);
  }
  for (const Backend& backend : kAbsentBackends) {
    if (choice.starts_with(std::string(backend.prefix) + ":") &&
        is_index(choice.substr(backend.prefix.size() + 1))) {
      *why = choice + " cannot be used: " + absence(backend);
      return nullptr;
    }
  }
  *why = "unknown device \"" + choice + "\"; allowed: " + kAllowedChoices;
  return nullptr;
}

}  // namespace greylag::gpu
