// SPDX-License-Identifier: Apache-2.0
// How is arithmetic done on a number that a file chose? Only through CheckedSize: an overflow, or a
// difference below zero, makes the value invalid, and everything computed from it stays invalid.
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/log.h"

namespace greylag {

class CheckedSize {
 public:
  constexpr CheckedSize(uint64_t value) : value_(value) {}  // NOLINT: every u64 is a valid size

  // For signed numbers from a file: negative means invalid.
  static constexpr CheckedSize from_signed(int64_t value) {
    return CheckedSize(static_cast<uint64_t>(value), value >= 0);
  }
  constexpr bool is_valid() const { return is_valid_; }
  // Only a valid value is at most, or equal to, anything.
  constexpr bool at_most(CheckedSize limit) const {
    return is_valid_ && limit.is_valid_ && value_ <= limit.value_;
  }
  constexpr bool equals(CheckedSize other) const {
    return is_valid_ && other.is_valid_ && value_ == other.value_;
  }
  // Ask is_valid() or at_most() first: the value of an invalid size aborts.
  uint64_t value() const {
    check(is_valid_, "the value of an invalid size was used");
    return value_;
  }

  friend constexpr CheckedSize operator+(CheckedSize a, CheckedSize b) {
    const uint64_t sum = a.value_ + b.value_;
    return CheckedSize(sum, a.is_valid_ && b.is_valid_ && sum >= a.value_);
  }
  friend constexpr CheckedSize operator-(CheckedSize a, CheckedSize b) {
    return CheckedSize(a.value_ - b.value_, a.is_valid_ && b.is_valid_ && b.value_ <= a.value_);
  }
  friend constexpr CheckedSize operator*(CheckedSize a, CheckedSize b) {
    const bool fits = a.value_ == 0 || b.value_ <= std::numeric_limits<uint64_t>::max() / a.value_;
    return CheckedSize(a.value_ * b.value_, a.is_valid_ && b.is_valid_ && fits);
  }

 private:
  constexpr CheckedSize(uint64_t value, bool is_valid) : value_(value), is_valid_(is_valid) {}
  uint64_t value_;
  bool is_valid_ = true;
};

}  // namespace greylag
