// SPDX-License-Identifier: Apache-2.0
// Who solves puzzles? One worker thread with a small pool of its own, beside the models that talk:
// one puzzle at a time, the others wait in order. The reasoner that was used last stays loaded.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/hub/model_library.h"
#include "core/infer/puzzle_solver.h"
#include "core/protocol/reason.h"
#include "core/server/http_message.h"

namespace greylag {

// Any thread.
class Reasoner {
 public:
  struct Options {
    unsigned threads = 0;     // of the pool; 0 = all cores, at most 4
    size_t queue_limit = 16;  // puzzles that wait; beyond: TooManyRequests
  };
  Reasoner(ModelLibrary& models, Options options);
  ~Reasoner();  // as stop

  // Puzzle reasoners of the library; those that cannot be used say why.
  std::vector<protocol::ReasonModel> models();

  // Checks the request, then answers on the exchange: a stream of SolveEvent. Returns the refusal,
  // when there is one, without touching the exchange: NotFound (model), InvalidArgument,
  // TooManyRequests, Unavailable (stopping, or there is no thread).
  Status solve(const std::shared_ptr<Exchange>& exchange, const protocol::SolveRequest& request);

  // Ends the puzzle at work and those that wait with a last event; nothing starts afterwards.
  void stop();
  // As stop, but does not wait.
  void request_stop();

 private:
  struct Job {
    std::shared_ptr<Exchange> exchange;
    ModelEntry model;
    Puzzle puzzle;
    SolveOptions options;
  };
  Result<ModelEntry> find(const protocol::SolveRequest& request);
  void run(const std::stop_token& stop);
  void work(const Job& job, const std::stop_token& stop);
  Result<PuzzleSolver*> solver_for(const ModelEntry& model);

  ModelLibrary& models_;
  const Options options_;
  std::mutex mutex_;  // guards jobs_, is_stopping_ and the start of thread_
  std::condition_variable_any wake_;
  std::deque<Job> jobs_;  // waiting
  bool is_stopping_ = false;
  // Worker's thread; started by the first puzzle.
  std::unique_ptr<PuzzleSolver> solver_;  // null before the first puzzle
  std::filesystem::file_time_type solver_written_;
  std::jthread thread_;
};

}  // namespace greylag
