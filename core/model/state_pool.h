// SPDX-License-Identifier: Apache-2.0
// Where does the recurrent state of every conversation live? In one pool per model and device:
// [slots, L, ...] f32, so that a batch reads and writes its slots in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/model/config.h"
#include "gpu/device.h"

namespace greylag {

class StatePool;

// One sequence's place in the pool. Move-only; gives its slot back when destroyed (before the
// pool).
class StateSlot {
 public:
  StateSlot() = default;
  StateSlot(StateSlot&& other) noexcept;
  StateSlot& operator=(StateSlot&& other) noexcept;
  ~StateSlot();
  int32_t index() const { return index_; }
  explicit operator bool() const { return pool_ != nullptr; }

 private:
  friend class StatePool;
  StateSlot(StatePool* pool, int32_t index) : pool_(pool), index_(index) {}
  StatePool* pool_ = nullptr;
  int32_t index_ = -1;
};

// The state of one sequence on the host, for saving, caching and tests.
struct CoreState;
struct HostState {
  std::vector<float> att_shift;  // [L, C]
  std::vector<float> wkv;        // [L, H, N, N] (value, key)
  std::vector<float> ffn_shift;  // [L, C]
  // Of the reasoning core that the sequence was under; null = it was under none.
  std::shared_ptr<const CoreState> core = nullptr;
};

// The states of a core's calls and blocks, layer p n + j for call p and block j.
struct CoreState {
  std::string sha256;  // of the core's file
  int64_t layers = 0, width = 0;
  HostState states;
};

// Used on the device's thread only.
class StatePool {
 public:
  StatePool(const Config& config, gpu::Device& device, gpu::Queue& queue, int32_t slots);
  StatePool(const StatePool&) = delete;

  // Zero state. TooManyRequests when all slots are taken.
  Result<StateSlot> take();
  void reset(const StateSlot& slot);
  Result<StateSlot> clone(const StateSlot& slot);
  HostState download(const StateSlot& slot);
  void upload(const StateSlot& slot, const HostState& state);
  // att.time_state of a state-tuned file as the start: [L, H, N, N] f32 (value, key); shifts zero.
  void upload_wkv(const StateSlot& slot, const std::vector<float>& time_state);

  const gpu::TensorView& att_shift() const { return att_shift_.view(); }  // [slots, L, C]
  const gpu::TensorView& wkv() const { return wkv_.view(); }              // [slots, L, H, N, N]
  const gpu::TensorView& ffn_shift() const { return ffn_shift_.view(); }  // [slots, L, C]
  int32_t slots() const { return slots_; }
  int32_t free_slots() const { return static_cast<int32_t>(free_.size()); }
  uint64_t bytes_per_slot() const;

 private:
  friend class StateSlot;
  Config config_;
  gpu::Device& device_;
  gpu::Queue& queue_;
  int32_t slots_;
  std::vector<int32_t> free_;
  gpu::Tensor att_shift_, wkv_, ffn_shift_;
};

// HostState as a safetensors file: blocks.N.att.time_state, .att.shift_state, .ffn.shift_state; of
// a core the same under hrm.states.N, and its hash, "core_sha256", in the metadata.
Status save_state(const std::filesystem::path& path, const Config& config, const HostState& state);
// Also accepts files with time_state only (shifts zero) and shifts called ts_state, .pth or
// .safetensors, checked against the config. BadFile names key and rule.
Result<HostState> load_state(const std::filesystem::path& path, const Config& config);
// The same from a file that is open.
Result<HostState> read_state(CheckpointReader& file, const Config& config);
// blocks.l.att.time_state of all layers, whatever else the file holds: [L, H, N, N] f32. BadFile: a
// layer too few or too many, another number of heads.
Result<std::vector<float>> read_time_state(CheckpointReader& reader, const Config& config);

}  // namespace greylag
