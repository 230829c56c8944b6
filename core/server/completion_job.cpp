// SPDX-License-Identifier: Apache-2.0
#include "core/server/completion_job.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/prompt/chat_prompt.h"
#include "core/server/api_error.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

// Beyond this many unread bytes, text is gathered into fewer, longer chunks: a slow reader costs
// memory for the text alone.
constexpr size_t kSlowReaderBytes = 64 * 1024;
constexpr std::string_view kBlanks = " \n\t\r";

size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

void CompletionJobs::add(const std::shared_ptr<CompletionJob>& job) {
  const std::lock_guard lock(mutex_);
  std::erase_if(jobs_, [](const auto& other) { return other.expired(); });
  jobs_.push_back(job);
}

void CompletionJobs::cancel_all() {
  std::vector<std::weak_ptr<CompletionJob>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs = jobs_;
  }
  for (const auto& weak : jobs) {
    if (const auto job = weak.lock()) job->cancel();
  }
}

std::string AnswerTrimmer::push(const std::string& text) {
  held_ += text;
  if (held_.find_last_not_of(kBlanks) == std::string::npos) return {};
  if (!std::exchange(has_started_, true)) {
    const size_t lead = begun_blanks_ ? common_prefix(held_, *begun_blanks_)
                                      : held_.size() - answer_in(held_).size();
    held_.erase(0, lead);
  }
  const size_t end = held_.find_last_not_of(kBlanks) + 1;
  std::string out = held_.substr(0, end);
  held_.erase(0, end);
  return out;
}

uint64_t client_of(const HttpRequest& request) {
  if (request.caller == Caller::Control) return kOwner;
  const uint64_t name = std::hash<std::string_view>()(request.header("user-agent"));
  return name == kOwner ? kOwner + 1 : name;
}

std::vector<size_t> best_of(std::span<const Likelihood> answers, size_t count) {
  const auto mean = [&](size_t i) {
    const Likelihood& answer = answers[i];
    return answer.tokens == 0 ? -std::numeric_limits<double>::infinity()
                              : answer.log_probability / static_cast<double>(answer.tokens);
  };
  std::vector<size_t> order(answers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), mean);
  order.resize(std::min(count, order.size()));
  return order;
}

CompletionJob::CompletionJob(std::shared_ptr<Exchange> exchange, std::shared_ptr<ModelHost> host,
                             CompletionPlan plan, RequestLog& log, uint64_t log_id)
    : exchange_(std::move(exchange)),
      host_(std::move(host)),
      plan_(std::move(plan)),
      log_(log),
      log_id_(log_id),
      scheduler_(&host_->scheduler()) {}

void CompletionJob::start(std::shared_ptr<Exchange> exchange, std::shared_ptr<ModelHost> host,
                          CompletionPlan plan, RequestLog& log, uint64_t log_id,
                          CompletionJobs& jobs) {
  const std::shared_ptr<CompletionJob> job(
      new CompletionJob(std::move(exchange), std::move(host), std::move(plan), log, log_id));
  auto generations = std::exchange(job->plan_.generations, {});
  for (size_t prompt = 0; prompt < generations.size(); ++prompt) {
    for (int32_t i = 0; i < generations[prompt].choices; ++i) {
      Choice choice;
      choice.reply.index = static_cast<int64_t>(job->choices_.size());
      choice.reply.text = job->plan_.echoes[prompt];
      choice.reply.has_log_probabilities = job->plan_.has_log_probabilities;
      choice.trimmer = AnswerTrimmer(job->plan_.begun_blanks);
      choice.stop_tokens = generations[prompt].stop_tokens;
      job->choices_.push_back(std::move(choice));
    }
  }
  jobs.add(job);
  const Status submitted = job->submit_all(std::move(generations));
  job->exchange_->post([job, submitted] {
    if (submitted.ok())
      job->begin();
    else
      job->fail(submitted.error(), "failed");
  });
}

Status CompletionJob::submit_all(std::vector<GenerationRequest> generations) {
  const uint64_t client = client_of(exchange_->request());
  size_t first_choice = 0;
  for (GenerationRequest& generation : generations) {
    const auto sink = [job = shared_from_this(), first_choice](const GenerationEvent& event) {
      if (!job->exchange_->is_open()) return false;
      const size_t choice = first_choice + static_cast<size_t>(event.choice);
      job->exchange_->post([job, choice, event] { job->on_event(choice, event); });
      return true;
    };
    first_choice += static_cast<size_t>(generation.choices);
    generation.client = client;
    const auto id = scheduler_->submit(std::move(generation), sink);
    if (!id) {
      cancel();
      return id.error();
    }
    const std::lock_guard lock(ids_mutex_);
    ids_.push_back(*id);
  }
  return {};
}

void CompletionJob::cancel() {
  const std::lock_guard lock(ids_mutex_);
  if (scheduler_ == nullptr) return;
  for (const uint64_t id : ids_) scheduler_->cancel(id);
}

void CompletionJob::begin() {
  has_begun_ = true;
  exchange_->on_close([job = shared_from_this()] { job->on_client_gone(); });
  if (plan_.is_stream) {
    if (!plan_.has_begun_stream) exchange_->begin_stream();
    for (const Choice& choice : choices_) {
      if (!plan_.head.is_chat) continue;
      exchange_->send(sse_data(role_chunk(plan_.head, choice.reply.index, plan_.includes_usage)));
    }
  }
  for (const auto& [index, event] : std::exchange(early_events_, {})) on_event(index, event);
}

void CompletionJob::on_event(size_t index, const GenerationEvent& event) {
  if (has_ended_) return;
  if (!has_begun_) {
    early_events_.emplace_back(index, event);
    return;
  }
  Choice& choice = choices_[index];
  take_text(choice, event);
  if (event.token >= 0) {
    choice.last.completion_tokens = event.completion_tokens;
    choice.last.traffic = event.traffic;
    choice.likelihood.log_probability += event.log_probability;
    ++choice.likelihood.tokens;
  }
  if (event.is_last) {
    choice.last = event;
    if (event.reason == FinishReason::Error) return fail(event.error, "failed");
    if (event.reason == FinishReason::Cancelled) {
      return fail(Error{ErrorCode::Unavailable, "the engine is stopping"}, "cancelled");
    }
    choice.reply.finish_reason = finish_reason_name(event.reason);
  } else if (plan_.is_stream) {
    flush(choice, false);
  }
  int64_t completion = 0;
  for (const Choice& other : choices_) completion += other.last.completion_tokens;
  log_.progress(log_id_, plan_.counted_prompt_tokens, completion, roof_share());
  if (event.is_last) on_choice_done(choice);
}

void CompletionJob::take_text(Choice& choice, const GenerationEvent& event) {
  choice.reply.text += plan_.head.is_chat ? choice.trimmer.push(event.text) : event.text;
  const auto& stops = choice.stop_tokens;
  const bool is_shown =
      event.token >= 0 && std::find(stops.begin(), stops.end(), event.token) == stops.end();
  if (choice.reply.has_log_probabilities && is_shown) {
    choice.reply.tokens.push_back(token_choice(event));
  }
}

TokenChoice CompletionJob::token_choice(const GenerationEvent& event) const {
  const Tokenizer& tokenizer = host_->tokenizer();
  TokenChoice out;
  out.drawn = {std::string(tokenizer.bytes(event.token)), event.log_probability};
  for (const TokenProbability& other : event.top) {
    out.top.push_back({std::string(tokenizer.bytes(other.token)), other.log_probability});
  }
  return out;
}

// Sends what the choice has gathered, as one chunk without finish_reason.
void CompletionJob::flush(Choice& choice, bool is_forced) {
  if (choice.reply.text.empty() && !(is_forced && !choice.reply.tokens.empty())) return;
  if (!is_forced && exchange_->pending_bytes() > kSlowReaderBytes) return;
  ReplyChoice piece = choice.reply;
  piece.finish_reason.clear();
  exchange_->send(sse_data(text_chunk(plan_.head, piece, plan_.includes_usage)));
  choice.reply.text.clear();
  choice.reply.tokens.clear();
}

void CompletionJob::on_choice_done(Choice& choice) {
  choice.is_done = true;
  if (plan_.is_stream) {
    flush(choice, true);
    ReplyChoice end = choice.reply;
    end.has_log_probabilities = false;
    exchange_->send(sse_data(text_chunk(plan_.head, end, plan_.includes_usage)));
  }
  if (++done_count_ == choices_.size()) finish();
}

// Over the steps of all choices; 0 = unknown.
double CompletionJob::roof_share() const {
  Traffic all;
  for (const Choice& choice : choices_) {
    all.bytes += choice.last.traffic.bytes;
    all.seconds += choice.last.traffic.seconds;
    all.steps += choice.last.traffic.steps;
  }
  return host_->scheduler().roof_share(all).value_or(0);
}

Usage CompletionJob::usage() const {
  Usage usage;
  usage.prompt_tokens = plan_.counted_prompt_tokens;
  usage.roof_share = roof_share();
  for (const Choice& choice : choices_) {
    usage.completion_tokens += choice.last.completion_tokens;
    usage.prefill_seconds = std::max(usage.prefill_seconds, choice.last.prefill_seconds);
    usage.decode_seconds = std::max(usage.decode_seconds, choice.last.decode_seconds);
  }
  return usage;
}

// The best of each prompt's choices, numbered anew when there are more than were asked for.
std::vector<ReplyChoice> CompletionJob::given() {
  const auto made = choices_.size() / plan_.echoes.size();
  const auto count = static_cast<size_t>(plan_.choices_given);
  std::vector<ReplyChoice> replies;
  for (size_t first = 0; first < choices_.size(); first += made) {
    std::vector<Likelihood> answers;
    for (size_t i = 0; i < made; ++i) answers.push_back(choices_[first + i].likelihood);
    std::vector<size_t> order(made);
    std::iota(order.begin(), order.end(), size_t{0});
    if (count < made) order = best_of(answers, count);
    for (const size_t i : order) {
      ReplyChoice& reply = replies.emplace_back(std::move(choices_[first + i].reply));
      reply.index = static_cast<int64_t>(replies.size()) - 1;
    }
  }
  return replies;
}

void CompletionJob::finish() {
  if (plan_.is_stream) {
    if (plan_.includes_usage) exchange_->send(sse_data(usage_chunk(plan_.head, usage())));
    exchange_->send(std::string(kSseDone));
    exchange_->finish();
  } else {
    exchange_->reply({200, full_reply(plan_.head, given(), usage()), {}});
  }
  log_.end(log_id_, "done", 200);
  release();
}

void CompletionJob::fail(const Error& error, const std::string& state) {
  if (has_ended_) return;
  cancel();
  if (plan_.has_begun_stream || (has_begun_ && plan_.is_stream)) {
    exchange_->send(sse_data(error_body(error)));
    exchange_->send(std::string(kSseDone));
    exchange_->finish();
  } else {
    exchange_->reply(error_response(error));
  }
  log_.end(log_id_, state, http_status(error.code));
  release();
}

void CompletionJob::on_client_gone() {
  if (has_ended_) return;
  cancel();
  log_.end(log_id_, "cancelled", http_status(ErrorCode::Cancelled));
  release();
}

// The model may be unloaded as soon as nobody holds it; the last holder waits for its device
// thread, which is why this is never done in a sink.
void CompletionJob::release() {
  has_ended_ = true;
  {
    const std::lock_guard lock(ids_mutex_);
    scheduler_ = nullptr;
  }
  host_.reset();
}

}  // namespace greylag
