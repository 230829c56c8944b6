// SPDX-License-Identifier: Apache-2.0
#include "core/train/live_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace greylag::train {

namespace {

at::Tensor index_tensor(const std::vector<int64_t>& values) {
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.data_ptr<int64_t>());
  return out;
}

}  // namespace

LiveRows::LiveRows(int64_t batch, int64_t time)
    : batch_(batch),
      time_(time),
      mask_(at::ones({batch * time}, at::kBool)),
      count_(batch * time) {}

void LiveRows::keep(const at::Tensor& wanted) {
  mask_ = mask_.logical_and(wanted);
  index_rows();
}

void LiveRows::index_rows() {
  const bool* const is_live = mask_.data_ptr<bool>();
  std::vector<std::vector<int64_t>> live(static_cast<size_t>(batch_));
  size_t longest = 0;
  for (int64_t b = 0; b < batch_; ++b) {
    std::vector<int64_t>& rows = live[static_cast<size_t>(b)];
    for (int64_t row = b * time_; row < (b + 1) * time_; ++row) {
      if (is_live[row]) rows.push_back(row);
    }
    longest = std::max(longest, rows.size());
  }
  std::vector<int64_t> padded, rows, places;
  for (size_t b = 0; b < live.size(); ++b) {
    for (const int64_t row : live[b]) {
      rows.push_back(row);
      places.push_back(static_cast<int64_t>(padded.size()));
      padded.push_back(row);
    }
    padded.resize((b + 1) * longest, static_cast<int64_t>(b) * time_);
  }
  padded_ = index_tensor(padded);
  rows_ = index_tensor(rows);
  places_ = index_tensor(places);
  count_ = static_cast<int64_t>(rows.size());
  is_whole_ = count_ == batch_ * time_;
}

at::Tensor LiveRows::gather(const at::Tensor& all) const {
  return is_whole_ ? all : all.index_select(0, padded_);
}

at::Tensor LiveRows::scatter(const at::Tensor& all, const at::Tensor& part) const {
  return is_whole_ ? part : all.index_copy(0, rows_, part.index_select(0, places_));
}

}  // namespace greylag::train
