// SPDX-License-Identifier: Apache-2.0
// How far is one generation? What it reads next, its sampler, its text on the way out (whole UTF-8,
// stops), its times, its events. All of that stays with it while it is parked; only its state
// leaves the device. Until its prompt is read, one session stands for all choices of its request.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/infer/scheduler.h"
#include "core/model/batch.h"
#include "core/prompt/stop_matcher.h"

namespace greylag {

// Made on any thread, then used on the device thread only.
class Session {
 public:
  // places: one for each choice.
  Session(uint64_t id, GenerationRequest request, std::vector<QueuePlaces::Place> places,
          GenerationSink sink, const Tokenizer& tokenizer);

  uint64_t id() const { return id_; }  // the same for all choices of a request
  uint64_t client() const { return request_.client; }
  bool has_ended() const { return has_ended_; }
  int32_t slot() const { return slot_.index(); }
  const AdapterWeights* adapter() const { return request_.adapter.get(); }
  // What its place must hold when it starts: the request's state, or its own from when it was
  // parked; null for a new conversation.
  const HostState* start_state() const { return request_.state.get(); }
  // The reasoning core it asks for, null for none (strength 0 is none).
  const std::shared_ptr<const HrmWeights>& core_weights() const { return request_.core; }
  SequenceCore core() const { return {core_, core_slot_.index(), request_.core_use}; }
  int64_t completion_tokens() const { return completion_tokens_; }

  // It has its place and is about to go on; with a core, a place there too.
  void start(StateSlot slot, HrmCore* core, StateSlot core_slot);
  // It gives its places up and will go on from `state`, which is what they held.
  void park(std::shared_ptr<const HostState> state);
  // Its place as a host copy. Waits for the device.
  std::shared_ptr<const HostState> download(StatePool& pool) const;

  // Since start() or start_turn(), in decode steps; while others wait, a place is for one turn.
  int64_t turn_length() const { return turn_length_; }
  bool has_had_its_turn() const;
  void start_turn() { turn_length_ = 0; }

  bool is_reading() const { return position_ < request_.prompt.size(); }
  int64_t prompt_left() const {
    return is_reading() ? static_cast<int64_t>(request_.prompt.size() - position_) : 0;
  }
  // What to feed now: at most `prompt_budget` tokens of the prompt (may be none), or the token
  // drawn last. Valid until advance().
  std::span<const int32_t> next_tokens(int64_t prompt_budget) const;
  // `count` tokens were fed. True when the logits after them are to be drawn from.
  bool advance(size_t count);
  // Once, before the first draw(): a session for each other choice. They draw from the same logits
  // and are to be parked with this one's state.
  std::vector<std::unique_ptr<Session>> fork();
  // Draws one token and tells the sink; may end the generation.
  void draw(std::span<const float> logits);
  // A step without prompts that this generation took part in, once it is over.
  void add_step(uint64_t bytes, double seconds) { traffic_.add(bytes, seconds); }
  // Sends the last event, with the text that was held back, for every choice. Once.
  void finish(FinishReason reason, Error error = {});

 private:
  using Clock = std::chrono::steady_clock;
  enum class Phase : size_t { Waiting, Reading, Writing };

  Session(const Session& reader, int32_t choice, QueuePlaces::Place place);
  bool is_stop_token(int32_t token) const;
  void enter(Phase phase);
  double seconds_in(Phase phase) const;
  GenerationEvent make_event() const;
  // A sink that returns false or throws ends the generation.
  void emit(const GenerationEvent& event);

  uint64_t id_;
  GenerationRequest request_;  // prompt: empty once it is read; state: of start_state()
  int32_t choice_ = 0;
  std::vector<QueuePlaces::Place> places_;  // one for each choice that it stands for
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
  int64_t turn_length_ = 0;
  Traffic traffic_;
  bool has_ended_ = false;
  Phase phase_ = Phase::Waiting;
  Clock::time_point phase_began_at_;
  std::array<Clock::duration, 3> spent_{};  // in each phase, before the present one
};

}  // namespace greylag
