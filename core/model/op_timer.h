// SPDX-License-Identifier: Apache-2.0
// Runs ops; with a clock, waits for them and adds their time and the bytes of their weights.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string_view>

#include "core/model/op_clock.h"
#include "gpu/device.h"

namespace greylag {

class OpTimer {
 public:
  // clock may be null; both outlive the timer.
  OpTimer(OpClock* clock, gpu::Queue& queue) : clock_(clock), queue_(queue) {}

  template <typename Ops>
  void timed(std::string_view name, std::initializer_list<const gpu::Tensor*> weights,
             Ops ops) const {
    if (clock_ == nullptr) return ops();
    const auto start = std::chrono::steady_clock::now();
    ops();
    queue_.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    uint64_t bytes = 0;
    for (const gpu::Tensor* tensor : weights) {
      if (*tensor) bytes += tensor->view().size_bytes();
    }
    clock_->add(name, took.count(), bytes);
  }

 private:
  OpClock* clock_;
  gpu::Queue& queue_;
};

}  // namespace greylag
