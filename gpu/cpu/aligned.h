// SPDX-License-Identifier: Apache-2.0
// Memory on a 64-byte border: a cache line, and the widest vector register.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace greylag::gpu {

inline constexpr std::align_val_t kAlignment{64};

inline void* allocate_aligned(size_t size_bytes) {
  return ::operator new(size_bytes == 0 ? 1 : size_bytes, kAlignment);
}
inline void release_aligned(void* bytes) { ::operator delete(bytes, kAlignment); }

// Working memory of one thread: grows to the largest request and is then reused.
class Scratch {
 public:
  // n floats, uninitialised; valid until the next call. Throws std::bad_alloc.
  float* floats(int64_t n) {
    if (n > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<float*>(allocate_aligned(static_cast<size_t>(n) * sizeof(float))));
      capacity_ = n;
    }
    return memory_.get();
  }

 private:
  struct Release {
    void operator()(float* bytes) const { release_aligned(bytes); }
  };
  std::unique_ptr<float, Release> memory_;
  int64_t capacity_ = 0;
};

}  // namespace greylag::gpu
