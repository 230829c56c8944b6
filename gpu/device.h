// SPDX-License-Identifier: Apache-2.0
// What computes? A Device allocates and copies, its Queue orders work, its OpTable holds one
// function per op. Ops enqueue and never wait, so that a CUDA graph or one Vulkan submit can hold a
// step; on the CPU they run at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gpu/tensor.h"

namespace greylag::gpu {

struct OpTable;

// Ordered stream of work on one device. Used by one thread at a time.
class Queue {
 public:
  virtual ~Queue() = default;
  // Blocks until all enqueued work is done.
  virtual void wait() = 0;
};

struct DeviceInfo {
  std::string id;    // "cpu", "cuda:0", "vulkan:0"
  std::string name;  // marketing name
  uint64_t memory_bytes = 0;
  std::string detail;  // driver, instruction set, threads
  bool is_usable = false;
  std::string why;  // why it was chosen or refused, one sentence
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual const OpTable& ops() const = 0;
  // Uninitialised. Throws std::bad_alloc (caught at model load and in the device thread's slice).
  virtual Tensor allocate(DType dtype, const Shape& shape) = 0;
  Tensor allocate_zero(DType dtype, const Shape& shape);
  // W [O, K] of matmul, from size_bytes(dtype, shape) bytes of host rows, in the layout that this
  // device computes with; dtype: f32, f16, bf16 or a block format. Throws std::bad_alloc.
  virtual Tensor upload_matrix(Queue& queue, const void* rows, DType dtype, const Shape& shape) = 0;
  virtual std::unique_ptr<Queue> make_queue() = 0;
  // Copies size_bytes between host and device memory, in queue order.
  virtual void upload(Queue& queue, const void* host, const TensorView& to) = 0;
  virtual void download(Queue& queue, const TensorView& from, void* host) = 0;
  virtual void copy(Queue& queue, const TensorView& from, const TensorView& to) = 0;
  virtual void fill_zero(Queue& queue, const TensorView& what) = 0;
};

// Every device this build and machine know, usable or refused with the reason. The CPU is last.
std::vector<DeviceInfo> list_devices();

// choice: "auto", "cpu", "cuda:N", "vulkan:N". cpu_threads 0 = all cores. Null with *why filled
// when that device cannot be used.
std::unique_ptr<Device> make_device(const std::string& choice, unsigned cpu_threads,
                                    std::string* why);

}  // namespace greylag::gpu
