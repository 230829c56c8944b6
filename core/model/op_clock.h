// SPDX-License-Identifier: Apache-2.0
// Where does the time of a forward pass go? Rwkv7 adds to it once per op when it has one
// (Rwkv7::set_clock); bench --ops prints it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace greylag {

// Used by the thread that runs the model.
class OpClock {
 public:
  struct Row {
    std::string op;
    double seconds = 0;
    uint64_t bytes = 0;  // of weights read; 0 = not counted
    int64_t calls = 0;
  };

  void add(std::string_view op, double seconds, uint64_t bytes) {
    auto row = std::ranges::find(rows_, op, &Row::op);
    if (row == rows_.end()) row = rows_.insert(row, {.op = std::string(op)});
    row->seconds += seconds;
    row->bytes += bytes;
    ++row->calls;
  }
  void clear() { rows_.clear(); }
  // The longest first.
  std::vector<Row> rows() const {
    std::vector<Row> sorted = rows_;
    std::ranges::stable_sort(sorted, std::ranges::greater(), &Row::seconds);
    return sorted;
  }

 private:
  std::vector<Row> rows_;
};

}  // namespace greylag
