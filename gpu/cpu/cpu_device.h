// SPDX-License-Identifier: Apache-2.0
// The CPU as a Device: 64-byte aligned memory, ops that run at once on a pool of threads.
#pragma once

#include "gpu/cpu/thread_pool.h"
#include "gpu/device.h"

namespace greylag::gpu {

// Synchronous: an op has finished when its call returns.
class CpuQueue final : public Queue {
 public:
  explicit CpuQueue(ThreadPool& pool) : pool_(pool) {}
  void wait() override {}
  ThreadPool& pool() const { return pool_; }
  // Working memory of the op that runs; valid until the next call. Throws std::bad_alloc.
  unsigned char* bytes(int64_t n) {
    return reinterpret_cast<unsigned char*>(scratch_.floats((n + 3) / 4));
  }

 private:
  ThreadPool& pool_;
  Scratch scratch_;
};

// Queues and tensors must not outlive it.
class CpuDevice final : public Device {
 public:
  // threads 0 = all cores; why: DeviceInfo::why.
  CpuDevice(unsigned threads, std::string why);
  const DeviceInfo& info() const override { return info_; }
  const OpTable& ops() const override;
  Tensor allocate(DType dtype, const Shape& shape) override;
  Tensor upload_matrix(Queue& queue, const void* rows, DType dtype, const Shape& shape) override;
  std::unique_ptr<Queue> make_queue() override;
  void upload(Queue& queue, const void* host, const TensorView& to) override;
  void download(Queue& queue, const TensorView& from, void* host) override;
  void copy(Queue& queue, const TensorView& from, const TensorView& to) override;
  void fill_zero(Queue& queue, const TensorView& what) override;

 private:
  ThreadPool pool_;
  DeviceInfo info_;
};

// What the CPU is, without making a device. threads 0 = all cores.
DeviceInfo describe_cpu(unsigned threads);

}  // namespace greylag::gpu
