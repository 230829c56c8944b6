// SPDX-License-Identifier: Apache-2.0
// From an accepted completion request to its last byte: submits every prompt, turns the events of
// its choices into one reply or a stream, cancels when the client goes. All state belongs to the
// connection's thread; the device thread only posts to it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/infer/model_host.h"
#include "core/server/http_message.h"
#include "core/server/openai_reply.h"
#include "core/server/request_log.h"

namespace greylag {

class CompletionJob;

// The jobs under way, so that a stopping engine can end them with a word. Any thread.
class CompletionJobs {
 public:
  void add(const std::shared_ptr<CompletionJob>& job);
  void cancel_all();

 private:
  std::mutex mutex_;  // guards jobs_
  std::vector<std::weak_ptr<CompletionJob>> jobs_;
};

// Drops what is before an answer (answer_in) and the blanks after it; what is between is never held
// for long. Of an answer that goes on with a begun one, the blanks go that the client has already.
class AnswerTrimmer {
 public:
  // begun_blanks: of begun_answer_blanks.
  explicit AnswerTrimmer(std::optional<std::string> begun_blanks = std::nullopt)
      : begun_blanks_(std::move(begun_blanks)) {}
  std::string push(const std::string& text);

 private:
  std::optional<std::string> begun_blanks_;
  bool has_started_ = false;
  std::string held_;  // trailing blanks that may turn out to be inside
};

struct CompletionPlan {
  ReplyHead head;
  bool is_stream = false;
  bool has_begun_stream = false;  // while it waited for its model
  bool includes_usage = false;
  bool has_log_probabilities = false;
  std::optional<std::string> begun_blanks;     // of a chat answer that goes on with a begun one
  int64_t counted_prompt_tokens = 0;           // each prompt once
  std::vector<GenerationRequest> generations;  // one per prompt, of equally many choices
  std::vector<std::string> echoes;  // per prompt, shown before each of its texts; may be empty
  // Of each prompt's choices so many are given: the best, when more are made (not in a stream).
  int64_t choices_given = 1;
};

// Whose turn a request takes in the scheduler. All programs bear the one api token and come from
// this machine, so they are told apart by what they call themselves (User-Agent): an editor's
// completions do not queue behind a script's. Whoever holds the token and wants more than its share
// can lie; against others' programs there is the token. The window is the owner.
uint64_t client_of(const HttpRequest& request);

// Of answers to one prompt, those that the model finds likeliest: by the mean of their tokens' log
// probabilities, which favours no length; one without a token comes last.
struct Likelihood {
  double log_probability = 0;  // sum
  int64_t tokens = 0;
};
// Indices of the `count` best, best first; of equal ones the earlier.
std::vector<size_t> best_of(std::span<const Likelihood> answers, size_t count);

class CompletionJob : public std::enable_shared_from_this<CompletionJob> {
 public:
  // Replies with an error itself when a choice is refused (queue full). Worker thread.
  static void start(std::shared_ptr<Exchange> exchange, std::shared_ptr<ModelHost> host,
                    CompletionPlan plan, RequestLog& log, uint64_t log_id, CompletionJobs& jobs);
  // Any thread.
  void cancel();

 private:
  struct Choice {
    ReplyChoice reply;  // text: not yet sent (stream) or all of it
    AnswerTrimmer trimmer;
    GenerationEvent last;
    Likelihood likelihood;
    std::vector<int32_t> stop_tokens;
    bool is_done = false;
  };

  CompletionJob(std::shared_ptr<Exchange> exchange, std::shared_ptr<ModelHost> host,
                CompletionPlan plan, RequestLog& log, uint64_t log_id);
  Status submit_all(std::vector<GenerationRequest> generations);
  std::vector<ReplyChoice> given();
  void begin();
  void on_event(size_t index, const GenerationEvent& event);
  void take_text(Choice& choice, const GenerationEvent& event);
  void flush(Choice& choice, bool is_forced);
  void on_choice_done(Choice& choice);
  void finish();
  void fail(const Error& error, const std::string& state);
  void release();
  void on_client_gone();
  TokenChoice token_choice(const GenerationEvent& event) const;
  double roof_share() const;
  Usage usage() const;

  const std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<ModelHost> host_;  // null after the end
  CompletionPlan plan_;
  RequestLog& log_;
  const uint64_t log_id_;
  std::mutex ids_mutex_;  // guards ids_, scheduler_
  std::vector<uint64_t> ids_;
  Scheduler* scheduler_ = nullptr;  // null after the end
  std::vector<Choice> choices_;     // prompt by prompt
  std::vector<std::pair<size_t, GenerationEvent>> early_events_;
  size_t done_count_ = 0;
  bool has_begun_ = false;
  bool has_ended_ = false;
};

}  // namespace greylag
