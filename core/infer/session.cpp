// SPDX-License-Identifier: Apache-2.0
// Drawn token -> bytes -> whole UTF-8 -> stop matcher -> sink.
#include "core/infer/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/log.h"

namespace greylag {
namespace {

// The turn of an answer while others wait, in decode steps. A state that leaves the device and one
// that comes move twice the bytes that a step moves for one sequence's state: in 32 steps, less
// than what is lost to noise; and who waits beside full slots is let in after 32 steps at most.
constexpr int64_t kTurnSteps = 32;
// Reading is charged by what it makes a step longer: so many prompt tokens take about as long as a
// step that only decodes.
constexpr int64_t kPromptTokensOfStep = 16;

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

SamplerOptions sampler_of(const GenerationRequest& request, int32_t choice) {
  SamplerOptions options = request.sampler;
  options.seed += static_cast<uint64_t>(choice);
  return options;
}

}  // namespace

Session::Session(uint64_t id, GenerationRequest request, std::vector<QueuePlaces::Place> places,
                 GenerationSink sink, const Tokenizer& tokenizer)
    : id_(id),
      request_(std::move(request)),
      places_(std::move(places)),
      sink_(std::move(sink)),
      tokenizer_(tokenizer),
      sampler_(sampler_of(request_, 0)),
      stops_(request_.stops),
      phase_began_at_(Clock::now()) {
  if (request_.core_use.strength == 0.0f) request_.core = nullptr;
}

Session::Session(const Session& reader, int32_t choice, QueuePlaces::Place place)
    : id_(reader.id_),
      request_(reader.request_),
      choice_(choice),
      sink_(reader.sink_),
      tokenizer_(reader.tokenizer_),
      sampler_(sampler_of(request_, choice)),
      stops_(request_.stops),
      position_(reader.position_),
      phase_(reader.phase_),
      phase_began_at_(reader.phase_began_at_),
      spent_(reader.spent_) {
  places_.push_back(std::move(place));
}

std::vector<std::unique_ptr<Session>> Session::fork() {
  std::vector<std::unique_ptr<Session>> others;
  while (places_.size() > 1) {
    const auto choice = static_cast<int32_t>(places_.size()) - 1;
    others.emplace_back(new Session(*this, choice, std::move(places_.back())));
    places_.pop_back();
  }
  std::ranges::reverse(others);
  return others;
}

void Session::start(StateSlot slot, HrmCore* core, StateSlot core_slot) {
  slot_ = std::move(slot);
  core_ = core;
  core_slot_ = std::move(core_slot);
  request_.state = nullptr;  // the slot has it now
  start_turn();
  enter(is_reading() ? Phase::Reading : Phase::Writing);
}

void Session::park(std::shared_ptr<const HostState> state) {
  request_.state = std::move(state);
  slot_ = {};
  core_ = nullptr;
  core_slot_ = {};
  enter(Phase::Waiting);
}

std::shared_ptr<const HostState> Session::download(StatePool& pool) const {
  HostState state = pool.download(slot_);
  if (core_ != nullptr) state.core = core_->download(core_slot_);
  return std::make_shared<const HostState>(std::move(state));
}

bool Session::has_had_its_turn() const { return turn_length_ >= kTurnSteps; }

void Session::enter(Phase phase) {
  const Clock::time_point now = Clock::now();
  spent_[static_cast<size_t>(phase_)] += now - phase_began_at_;
  phase_ = phase;
  phase_began_at_ = now;
}

double Session::seconds_in(Phase phase) const {
  const Clock::duration before = spent_[static_cast<size_t>(phase)];
  return seconds(phase == phase_ ? before + (Clock::now() - phase_began_at_) : before);
}

std::span<const int32_t> Session::next_tokens(int64_t prompt_budget) const {
  if (!is_reading()) return {&last_token_, 1};
  return std::span(request_.prompt)
      .subspan(position_, static_cast<size_t>(std::min(prompt_left(), prompt_budget)));
}

bool Session::advance(size_t count) {
  turn_length_ += 1 + static_cast<int64_t>(count) / kPromptTokensOfStep;
  if (!is_reading()) return true;
  position_ += count;
  if (is_reading()) return false;
  request_.prompt = std::vector<int32_t>();
  return true;
}

bool Session::is_stop_token(int32_t token) const {
  return std::ranges::find(request_.stop_tokens, token) != request_.stop_tokens.end();
}

GenerationEvent Session::make_event() const {
  GenerationEvent event;
  event.choice = choice_;
  event.prompt_tokens = static_cast<int64_t>(position_);
  event.completion_tokens = completion_tokens_;
  event.traffic = traffic_;
  event.wait_seconds = seconds_in(Phase::Waiting);
  event.prefill_seconds = seconds_in(Phase::Reading);
  event.decode_seconds = seconds_in(Phase::Writing);
  return event;
}

void Session::emit(const GenerationEvent& event) {
  bool goes_on = false;
  try {
    goes_on = sink_(event);
  } catch (const std::exception& problem) {
    log_error("infer", std::string("a generation's sink failed: ") + problem.what());
  }
  if (!goes_on) has_ended_ = true;
}

void Session::draw(std::span<const float> logits) {
  if (phase_ == Phase::Reading) enter(Phase::Writing);
  if (completion_tokens_ >= request_.max_tokens) return finish(FinishReason::Length);
  const int64_t rows = static_cast<int64_t>(logits.size());
  const auto usable = static_cast<int32_t>(std::min<int64_t>(tokenizer_.size(), rows));
  const int32_t token = sampler_.sample(logits, usable);
  if (is_stop_token(token)) return finish(FinishReason::Stop);

  last_token_ = token;
  ++completion_tokens_;
  GenerationEvent event = make_event();
  event.token = token;
  event.text = stops_.push(utf8_.push(tokenizer_.bytes(token)));
  if (request_.top_log_probabilities >= 0) {
    event.log_probability = log_probability(logits, token);
    event.top = top_log_probabilities(logits, request_.top_log_probabilities);
  }
  emit(event);
  if (has_ended_) return;
  if (stops_.is_stopped()) return finish(FinishReason::Stop);
  if (completion_tokens_ >= request_.max_tokens) finish(FinishReason::Length);
}

void Session::finish(FinishReason reason, Error error) {
  if (has_ended_) return;
  GenerationEvent event = make_event();
  if (!stops_.is_stopped()) {
    event.text = stops_.push(utf8_.finish());
    event.text += stops_.finish();
  }
  event.is_last = true;
  event.reason = reason;
  event.error = std::move(error);
  for (size_t i = 0; i < places_.size(); ++i) {
    event.choice = choice_ + static_cast<int32_t>(i);
    emit(event);
  }
  has_ended_ = true;
}

}  // namespace greylag
