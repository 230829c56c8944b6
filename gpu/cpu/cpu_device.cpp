// SPDX-License-Identifier: Apache-2.0
// Allocation, copies and the op table of the CPU. Name and memory come from /proc where it exists.
#include "gpu/cpu/cpu_device.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/cpu/panels.h"
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

Tensor CpuDevice::upload_matrix(Queue&, const void* rows, DType dtype, const Shape& shape) {
  check(shape.rank() == 2 && has_panels(dtype), "upload_matrix: [O, K] in a format of matrices");
  const int64_t outs = shape[0], k = shape[1];
  const size_t row_size = row_bytes(dtype, k), panel_size = panel_bytes(dtype, k);
  const auto* from = static_cast<const unsigned char*>(rows);
  TensorView view{nullptr, dtype, shape, Layout::Panels};
  auto* to = static_cast<unsigned char*>(
      allocate_aligned(static_cast<size_t>(panel_count(outs)) * panel_size));
  view.bytes = to;
  Tensor matrix(
      view, [](void* bytes, void*) { release_aligned(bytes); }, this);
  pool_.parallel_for(panel_count(outs), chunk_for(pool_, panel_count(outs), kPanelOuts * k),
                     [=](int64_t begin, int64_t end, Scratch&) {
                       for (int64_t panel = begin; panel < end; ++panel) {
                         const int64_t first = panel * kPanelOuts;
                         pack_panel(dtype, from + static_cast<size_t>(first) * row_size,
                                    std::min(kPanelOuts, outs - first), k,
                                    to + static_cast<size_t>(panel) * panel_size);
                       }
                     });
  return matrix;
}

std::unique_ptr<Queue> CpuDevice::make_queue() { return std::make_unique<CpuQueue>(pool_); }

void CpuDevice::upload(Queue&, const void* host, const TensorView& to) {
  check(to.layout == Layout::Rows, "upload: rows; a matrix goes by upload_matrix");
  if (to.size_bytes() > 0) std::memcpy(to.bytes, host, to.size_bytes());
}

void CpuDevice::download(Queue&, const TensorView& from, void* host) {
  check(from.layout == Layout::Rows, "download: rows; only matmul reads a matrix");
  if (from.size_bytes() > 0) std::memcpy(host, from.bytes, from.size_bytes());
}

void CpuDevice::copy(Queue&, const TensorView& from, const TensorView& to) {
  check(from.size_bytes() == to.size_bytes(), "copy: sizes differ");
  check(from.layout == Layout::Rows && to.layout == Layout::Rows, "copy: rows");
  if (from.size_bytes() > 0) std::memmove(to.bytes, from.bytes, from.size_bytes());
}

void CpuDevice::fill_zero(Queue&, const TensorView& what) {
  if (what.size_bytes() > 0) std::memset(what.bytes, 0, what.size_bytes());
}

}  // namespace greylag::gpu
