// SPDX-License-Identifier: Apache-2.0
// Slots are rows of three tensors; a free list says which are taken.
#include "core/model/state_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/log.h"

namespace greylag {

StateSlot::StateSlot(StateSlot&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), index_(std::exchange(other.index_, -1)) {}

StateSlot& StateSlot::operator=(StateSlot&& other) noexcept {
  StateSlot moved(std::move(other));
  std::swap(pool_, moved.pool_);
  std::swap(index_, moved.index_);
  return *this;
}

StateSlot::~StateSlot() {
  if (pool_ != nullptr) pool_->free_.push_back(index_);  // capacity reserved: cannot throw
}

StatePool::StatePool(const Config& config, gpu::Device& device, gpu::Queue& queue, int32_t slots)
    : config_(config), device_(device), queue_(queue), slots_(slots) {
  att_shift_ = device.allocate_zero(gpu::DType::F32, {slots, config.layers, config.width});
  wkv_ = device.allocate_zero(
      gpu::DType::F32, {slots, config.layers, config.heads, config.head_size, config.head_size});
  ffn_shift_ = device.allocate_zero(gpu::DType::F32, {slots, config.layers, config.width});
  free_.reserve(static_cast<size_t>(slots));
  for (int32_t slot = slots; slot-- > 0;) free_.push_back(slot);
}

Result<StateSlot> StatePool::take() {
  if (free_.empty()) {
    return Error{ErrorCode::TooManyRequests,
                 fmt::format("all {} places for conversations are taken", slots_)};
  }
  StateSlot slot(this, free_.back());
  free_.pop_back();
  reset(slot);
  return slot;
}

void StatePool::reset(const StateSlot& slot) {
  for (const gpu::Tensor* part : {&att_shift_, &wkv_, &ffn_shift_}) {
    device_.fill_zero(queue_, part->view().rows(slot.index(), 1));
  }
}

Result<StateSlot> StatePool::clone(const StateSlot& slot) {
  Result<StateSlot> copy = take();
  if (!copy) return copy;
  for (const gpu::Tensor* part : {&att_shift_, &wkv_, &ffn_shift_}) {
    device_.copy(queue_, part->view().rows(slot.index(), 1), part->view().rows(copy->index(), 1));
  }
  return copy;
}

HostState StatePool::download(const StateSlot& slot) {
  HostState state;
  const auto fetch = [&](const gpu::Tensor& part, std::vector<float>& out) {
    const gpu::TensorView row = part.view().rows(slot.index(), 1);
    out.resize(static_cast<size_t>(row.elements()));
    device_.download(queue_, row, out.data());
  };
  fetch(att_shift_, state.att_shift);
  fetch(wkv_, state.wkv);
  fetch(ffn_shift_, state.ffn_shift);
  queue_.wait();
  return state;
}

void StatePool::upload(const StateSlot& slot, const HostState& state) {
  const auto send = [&](const std::vector<float>& from, const gpu::Tensor& part) {
    const gpu::TensorView row = part.view().rows(slot.index(), 1);
    check(from.size() == static_cast<size_t>(row.elements()), "a state has the model's size");
    device_.upload(queue_, from.data(), row);
  };
  send(state.att_shift, att_shift_);
  send(state.wkv, wkv_);
  send(state.ffn_shift, ffn_shift_);
  queue_.wait();
}

void StatePool::upload_wkv(const StateSlot& slot, const std::vector<float>& time_state) {
  reset(slot);
  const gpu::TensorView row = wkv_.view().rows(slot.index(), 1);
  check(time_state.size() == static_cast<size_t>(row.elements()), "a state has the model's size");
  device_.upload(queue_, time_state.data(), row);
  queue_.wait();
}

uint64_t StatePool::bytes_per_slot() const {
  const int64_t floats =
      config_.layers * (2 * config_.width + config_.heads * config_.head_size * config_.head_size);
  return static_cast<uint64_t>(floats) * sizeof(float);
}

}  // namespace greylag
