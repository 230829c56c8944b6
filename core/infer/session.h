// SPDX-License-Identifier: Apache-2.0
// How far is one generation? What it reads next, its sampler, its text on the way out (whole UTF-8,
// stops), its times, its events.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "core/infer/scheduler.h"
#include "core/model/batch.h"
#include "core/prompt/stop_matcher.h"

namespace greylag {

// Made on any thread, then used on the device thread only.
class Session {
 public:
  Session(uint64_t id, GenerationRequest request, GenerationSink sink, const Tokenizer& tokenizer);

  uint64_t id() const { return id_; }
  bool has_ended() const { return has_ended_; }
  int32_t slot() const { return slot_.index(); }
  const AdapterWeights* adapter() const { return request_.adapter.get(); }
  const HostState* start_state() const { return request_.state.get(); }
  // The reasoning core it asks for, null for none (strength 0 is none).
  const std::shared_ptr<const HrmWeights>& core_weights() const { return request_.core; }
  SequenceCore core() const { return {core_, core_slot_.index(), request_.core_use}; }
  int64_t completion_tokens() const { return completion_tokens_; }

  // It has its place and is about to read; with a core, a place there too.
  void start(StateSlot slot, HrmCore* core, StateSlot core_slot);
  int64_t prompt_left() const {
    return is_reading() ? static_cast<int64_t>(request_.prompt.size() - position_) : 0;
  }
  // What to feed now: at most `prompt_budget` tokens of the prompt (may be none), or the token
  // drawn last. Valid until draw().
  std::span<const int32_t> next_tokens(int64_t prompt_budget) const;
  bool is_reading() const { return position_ < request_.prompt.size(); }
  // `count` tokens were fed. True when the logits after them are to be drawn from.
  bool advance(size_t count);
  // Draws one token and tells the sink; may end the generation.
  void draw(std::span<const float> logits);
  // A step without prompts that this generation took part in, once it is over.
  void add_step(uint64_t bytes, double seconds) { traffic_.add(bytes, seconds); }
  // Sends the last event, with the text that was held back. Once.
  void finish(FinishReason reason, Error error = {});

 private:
  using Clock = std::chrono::steady_clock;

  bool is_stop_token(int32_t token) const;
  GenerationEvent make_event() const;
  // A sink that returns false or throws ends the generation.
  void emit(const GenerationEvent& event);

  uint64_t id_;
  GenerationRequest request_;
  GenerationSink sink_;
  const Tokenizer& tokenizer_;
  Sampler sampler_;
  Utf8Stream utf8_;
  StopMatcher stops_;
  StateSlot slot_;
  HrmCore* core_ = nullptr;
  StateSlot core_slot_;
  size_t position_ = 0;  // prompt tokens fed
  int32_t last_token_ = -1;
  int64_t completion_tokens_ = 0;
  Traffic traffic_;
  bool has_ended_ = false;
  Clock::time_point submitted_at_, started_at_, read_at_;
  bool has_started_ = false, has_read_ = false;
};

}  // namespace greylag
