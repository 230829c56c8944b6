// SPDX-License-Identifier: Apache-2.0
// The CPU device with switches that make allocations or copies to the host fail, and a count of
// allocations.
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>

#include "gpu/device.h"

namespace greylag::test {

class FailingDevice : public gpu::Device {
 public:
  explicit FailingDevice(std::unique_ptr<gpu::Device> inner) : inner_(std::move(inner)) {}
  std::atomic<bool> is_failing = false;
  std::atomic<int> failing_downloads = 0;         // so many from now on
  std::atomic<int> downloads_without_memory = 0;  // the same
  std::atomic<int> allocations = 0;

  const gpu::DeviceInfo& info() const override { return inner_->info(); }
  const gpu::OpTable& ops() const override { return inner_->ops(); }
  gpu::Tensor allocate(gpu::DType dtype, const gpu::Shape& shape) override {
    if (is_failing) throw std::bad_alloc();
    ++allocations;
    return inner_->allocate(dtype, shape);
  }
  gpu::Tensor upload_matrix(gpu::Queue& queue, const void* rows, gpu::DType dtype,
                            const gpu::Shape& shape) override {
    if (is_failing) throw std::bad_alloc();
    ++allocations;
    return inner_->upload_matrix(queue, rows, dtype, shape);
  }
  std::unique_ptr<gpu::Queue> make_queue() override { return inner_->make_queue(); }
  void upload(gpu::Queue& queue, const void* host, const gpu::TensorView& to) override {
    inner_->upload(queue, host, to);
  }
  void download(gpu::Queue& queue, const gpu::TensorView& from, void* host) override {
    if (failing_downloads > 0) {
      --failing_downloads;
      throw std::runtime_error("the device is gone");
    }
    if (downloads_without_memory > 0) {
      --downloads_without_memory;
      throw std::bad_alloc();
    }
    inner_->download(queue, from, host);
  }
  void copy(gpu::Queue& queue, const gpu::TensorView& from, const gpu::TensorView& to) override {
    inner_->copy(queue, from, to);
  }
  void fill_zero(gpu::Queue& queue, const gpu::TensorView& what) override {
    inner_->fill_zero(queue, what);
  }

 private:
  std::unique_ptr<gpu::Device> inner_;
};

}  // namespace greylag::test
