// SPDX-License-Identifier: Apache-2.0
#include "core/infer/state_after.h"

#include <algorithm>
#include <optional>

namespace greylag {
namespace {

constexpr size_t kChunk = 128;  // rows at once: bounds the work buffers

}  // namespace

Result<HostState> state_after(Rwkv7& model, StatePool& pool, gpu::Device& device, gpu::Queue& queue,
                              std::span<const int32_t> tokens, const ReadingWith& with) {
  if (tokens.empty()) return Error{ErrorCode::InvalidArgument, "there is no text to read"};
  const Result<StateSlot> slot = pool.take();
  if (!slot) return slot.error();
  model.start(pool, *slot);
  const bool is_thinking = with.core && with.core_use.strength != 0.0f;
  std::optional<HrmCore> core;
  StateSlot core_slot;
  if (is_thinking) {
    core.emplace(with.core, device, queue, 1);
    core_slot = core->states().take().value();  // the first of one place
  }
  if (with.state) {
    Status fits = check_core_state(*with.state, is_thinking ? with.core.get() : nullptr);
    if (!fits) return fits.error();
    pool.upload(*slot, *with.state);
    if (with.state->core) fits = core->upload(core_slot, *with.state->core);
    if (!fits) return fits.error();
  }
  Batch batch;
  for (size_t begin = 0; begin < tokens.size(); begin += kChunk) {
    batch.clear();
    batch.add(tokens.subspan(begin, std::min(kChunk, tokens.size() - begin)), slot->index(),
              with.adapter, false,
              {is_thinking ? &*core : nullptr, core_slot.index(), with.core_use});
    if (Status status = model.forward(batch, pool, {}); !status) return status.error();
  }
  HostState state = pool.download(*slot);
  if (is_thinking) state.core = core->download(core_slot);
  return state;
}

}  // namespace greylag
