// SPDX-License-Identifier: Apache-2.0
// Allocation, copies and the op table of the CPU. Name and memory come from /proc where it exists.
#include "gpu/cpu/cpu_device.h"

#include <cstring>
#include <fstream>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu {
namespace {

// The text after "key   :" of the first such line, or "".
std::string proc_value(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(key)) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

uint64_t total_memory_bytes() {
  uint64_t kib = 0;
  for (const char c : proc_value("/proc/meminfo", "MemTotal")) {
    if (c < '0' || c > '9') break;
    kib = kib * 10 + static_cast<uint64_t>(c - '0');
  }
  return kib * 1024;
}

}  // namespace

DeviceInfo describe_cpu(unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  DeviceInfo info;
  info.id = "cpu";
  info.name = proc_value("/proc/cpuinfo", "model name");
  if (info.name.empty()) info.name = "CPU";
  info.memory_bytes = total_memory_bytes();
  info.detail = std::string(cpu_kernels().name) + ", " + std::to_string(threads) +
                (threads == 1 ? " thread" : " threads");
  return info;
}

CpuDevice::CpuDevice(unsigned threads, std::string why)
    : pool_(threads), info_(describe_cpu(pool_.threads())) {
  info_.is_usable = true;
  info_.why = std::move(why);
}

const OpTable& CpuDevice::ops() const { return cpu_op_table(); }

Tensor CpuDevice::allocate(DType dtype, const Shape& shape) {
  TensorView view{nullptr, dtype, shape};
  view.bytes = allocate_aligned(view.size_bytes());
  return {view, [](void* bytes, void*) { release_aligned(bytes); }, this};
}

std::unique_ptr<Queue> CpuDevice::make_queue() { return std::make_unique<CpuQueue>(pool_); }

void CpuDevice::upload(Queue&, const void* host, const TensorView& to) {
  if (to.size_bytes() > 0) std::memcpy(to.bytes, host, to.size_bytes());
}

void CpuDevice::download(Queue&, const TensorView& from, void* host) {
  if (from.size_bytes() > 0) std::memcpy(host, from.bytes, from.size_bytes());
}

void CpuDevice::copy(Queue&, const TensorView& from, const TensorView& to) {
  check(from.size_bytes() == to.size_bytes(), "copy: sizes differ");
  if (from.size_bytes() > 0) std::memmove(to.bytes, from.bytes, from.size_bytes());
}

void CpuDevice::fill_zero(Queue&, const TensorView& what) {
  if (what.size_bytes() > 0) std::memset(what.bytes, 0, what.size_bytes());
}

}  // namespace greylag::gpu
