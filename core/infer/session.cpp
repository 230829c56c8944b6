// SPDX-License-Identifier: Apache-2.0
// Drawn token -> bytes -> whole UTF-8 -> stop matcher -> sink.
#include "core/infer/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/log.h"

namespace greylag {
namespace {

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Session::Session(uint64_t id, GenerationRequest request, GenerationSink sink,
                 const Tokenizer& tokenizer)
    : id_(id),
      request_(std::move(request)),
      sink_(std::move(sink)),
      tokenizer_(tokenizer),
      sampler_(request_.sampler),
      stops_(request_.stops),
      submitted_at_(Clock::now()) {
  if (request_.core_use.strength == 0.0f) request_.core = nullptr;
}

void Session::start(StateSlot slot, HrmCore* core, StateSlot core_slot) {
  slot_ = std::move(slot);
  core_ = core;
  core_slot_ = std::move(core_slot);
  started_at_ = Clock::now();
  has_started_ = true;
}

std::span<const int32_t> Session::next_tokens(int64_t prompt_budget) const {
  if (!is_reading()) return {&last_token_, 1};
  const size_t left = request_.prompt.size() - position_;
  const auto budget = static_cast<size_t>(std::max<int64_t>(prompt_budget, 0));
  return std::span(request_.prompt).subspan(position_, std::min(left, budget));
}

bool Session::advance(size_t count) {
  if (!is_reading()) return true;
  position_ += count;
  return !is_reading();
}

bool Session::is_stop_token(int32_t token) const {
  return std::ranges::find(request_.stop_tokens, token) != request_.stop_tokens.end();
}

GenerationEvent Session::make_event() const {
  GenerationEvent event;
  event.prompt_tokens = static_cast<int64_t>(position_);
  event.completion_tokens = completion_tokens_;
  event.traffic = traffic_;
  const Clock::time_point now = Clock::now();
  event.wait_seconds = seconds((has_started_ ? started_at_ : now) - submitted_at_);
  if (has_started_) event.prefill_seconds = seconds((has_read_ ? read_at_ : now) - started_at_);
  if (has_read_) event.decode_seconds = seconds(now - read_at_);
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
  if (!has_read_) {
    has_read_ = true;
    read_at_ = Clock::now();
  }
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
  emit(event);
  has_ended_ = true;
}

}  // namespace greylag
