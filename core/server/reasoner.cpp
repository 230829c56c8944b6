// SPDX-License-Identifier: Apache-2.0
#include "core/server/reasoner.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "core/base/log.h"
#include "core/protocol/codec.h"
#include "core/server/sse.h"
#include "core/server/start_thread.h"

namespace greylag {

namespace {

constexpr const char* kStopping = "the engine is stopping";
constexpr unsigned kMostThreads = 4;  // a segment is small work; the models that talk need cores

const char* mixer_name(PuzzleMixer mixer) {
  switch (mixer) {
    case PuzzleMixer::Attention:
      return "attention";
    case PuzzleMixer::Mlp:
      return "mlp_t";
    case PuzzleMixer::Rwkv7:
      return "rwkv7";
  }
  return "";
}

unsigned pool_threads(unsigned wanted) {
  if (wanted == 0) wanted = std::max(1u, std::thread::hardware_concurrency());
  return std::min(wanted, kMostThreads);
}

Result<PuzzleConfig> config_of(const std::filesystem::path& path) {
  auto reader = open_checkpoint(path);
  if (!reader) return reader.error();
  return read_puzzle_config(**reader);
}

std::vector<int64_t> numbers(const std::vector<size_t>& cells) {
  return {cells.begin(), cells.end()};
}

protocol::SolveEvent event_of(const PuzzleConfig& config, const std::string& model,
                              const SolveStep& step) {
  protocol::SolveEvent event;
  event.model = model;
  event.segment = step.segment;
  event.candidate = step.candidate;
  event.cells.assign(step.grid.begin(), step.grid.end());
  event.text = format_puzzle(config, step.grid);
  for (const float confidence : step.confidence) {
    // Four digits are enough to colour a cell.
    event.confidence.push_back(std::round(static_cast<double>(confidence) * 1e4) / 1e4);
  }
  event.q = static_cast<double>(step.q);
  event.q_probability = step.q_probability;
  event.has_rules = step.has_rules;
  event.is_solved = step.is_solved;
  event.violations = static_cast<int64_t>(step.violated.size());
  event.violated = numbers(step.violated);
  event.changed = numbers(step.changed);
  event.overruled = numbers(step.overruled);
  event.seconds = step.seconds;
  return event;
}

void send_last(Exchange& exchange, protocol::SolveEvent event, const std::string& end,
               const std::string& error) {
  event.is_last = true;
  event.end = end;
  event.error = error;
  exchange.send(sse_data(protocol::encode(event)));
  exchange.send(std::string(kSseDone));
  exchange.finish();
}

Result<Puzzle> read_puzzle(const PuzzleConfig& config, const protocol::SolveRequest& request) {
  return request.cells.empty() ? parse_puzzle(config, request.puzzle)
                               : puzzle_of_cells(config, request.cells);
}

}  // namespace

Reasoner::Reasoner(ModelLibrary& models, Options options) : models_(models), options_(options) {}

Reasoner::~Reasoner() { stop(); }

void Reasoner::stop() {
  request_stop();
  if (thread_.joinable()) thread_.join();  // nobody starts it any more
}

void Reasoner::request_stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  thread_.request_stop();
}

std::vector<protocol::ReasonModel> Reasoner::models() {
  std::vector<protocol::ReasonModel> out;
  for (const ModelEntry& entry : models_.puzzles()) {
    protocol::ReasonModel model;
    model.id = entry.status.id;
    model.path = entry.status.path;
    model.size_bytes = entry.status.size_bytes;
    model.parameters = entry.status.parameters;
    model.is_builtin = entry.status.is_builtin;
    const Result<PuzzleConfig> config = config_of(entry.path);
    if (config) {
      model.recipe = config->recipe;
      model.task = config->task;
      model.mixer = mixer_name(config->mixer);
      model.rows = config->rows, model.columns = config->columns;
      model.vocab = config->vocab;
      model.width = config->width;
      model.puzzle_ids = config->puzzle_ids;
    } else {
      model.problem = config.error().message;
    }
    out.push_back(std::move(model));
  }
  return out;
}

Result<ModelEntry> Reasoner::find(const protocol::SolveRequest& request) {
  const std::string& id = request.model;
  std::optional<ModelEntry> first;
  for (ModelEntry& entry : models_.puzzles()) {
    if (!id.empty()) {
      if (entry.status.id == id) return std::move(entry);
      continue;
    }
    if (!entry.status.problem.empty()) continue;
    const Result<PuzzleConfig> config = config_of(entry.path);
    if (config && read_puzzle(*config, request)) return std::move(entry);
    if (!first) first = std::move(entry);
  }
  if (first) return std::move(*first);  // it will say what is wrong with the puzzle
  if (!id.empty()) {
    return Error{ErrorCode::NotFound, "there is no puzzle reasoner \"" + id + "\""};
  }
  return Error{ErrorCode::NotFound,
               "there is no puzzle reasoner; train one, or import its file as a model"};
}

Status Reasoner::solve(const std::shared_ptr<Exchange>& exchange,
                       const protocol::SolveRequest& request) {
  if (request.puzzle.empty() == request.cells.empty()) {
    return Error{ErrorCode::InvalidArgument, "give the puzzle either as text or as cells"};
  }
  Result<ModelEntry> model = find(request);
  if (!model) return model.error();
  const Result<PuzzleConfig> config = config_of(model->path);
  if (!config) return config.error();
  Result<Puzzle> puzzle = read_puzzle(*config, request);
  if (!puzzle) return puzzle.error();
  if (request.puzzle_id < 0 || request.puzzle_id >= config->puzzle_ids) {
    return Error{ErrorCode::InvalidArgument, "the model has no puzzle_id of this number"};
  }
  SolveOptions options;
  options.segments = request.segments;
  options.rollouts = request.rollouts;
  options.seed = request.seed;
  options.puzzle_id = static_cast<int32_t>(request.puzzle_id);
  if (Status status = check_solve_options(options); !status) return status;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return Error{ErrorCode::Unavailable, kStopping};
    std::erase_if(jobs_, [](const Job& job) { return !job.exchange->is_open(); });
    if (jobs_.size() >= options_.queue_limit) {
      return Error{ErrorCode::TooManyRequests,
                   "too many puzzles wait to be solved; try again when one is done"};
    }
    if (!thread_.joinable()) {
      auto thread = start_thread([this](const std::stop_token& stop) { run(stop); });
      if (!thread) return thread.error();
      thread_ = std::move(*thread);
    }
    exchange->begin_stream();
    jobs_.push_back({exchange, std::move(*model), std::move(*puzzle), options});
  }
  wake_.notify_one();
  return {};
}

void Reasoner::run(const std::stop_token& stop) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (job.exchange->is_open()) work(job, stop);
  }
}

void Reasoner::work(const Job& job, const std::stop_token& stop) {
  protocol::SolveEvent last;
  last.model = job.model.status.id;
  const auto fail = [&](const std::string& message) {
    log_error("server", "a puzzle was not solved error=\"" + message + "\"");
    send_last(*job.exchange, last, "failed", message);
  };
  if (stop.stop_requested()) {
    return send_last(*job.exchange, last, solve_end_name(SolveEnd::Cancelled), kStopping);
  }
  try {
    const Result<PuzzleSolver*> solver = solver_for(job.model);
    if (!solver) return fail(solver.error().message);
    const PuzzleConfig& config = (*solver)->config();
    const auto solution = (*solver)->solve(job.puzzle, job.options, [&](const SolveStep& step) {
      last = event_of(config, job.model.status.id, step);
      job.exchange->send(sse_data(protocol::encode(last)));
      return job.exchange->is_open() && !stop.stop_requested();
    });
    if (!solution) return fail(solution.error().message);
    send_last(*job.exchange, last, solve_end_name(solution->end),
              solution->end == SolveEnd::Cancelled ? kStopping : "");
  } catch (const std::bad_alloc&) {
    fail("not enough memory for so many rollouts of this model");
  } catch (const std::exception& problem) {
    fail(problem.what());
  }
}

Result<PuzzleSolver*> Reasoner::solver_for(const ModelEntry& model) {
  if (solver_ && solver_->path() == model.path && solver_written_ == model.written) {
    return solver_.get();
  }
  solver_.reset();  // before the next one needs memory
  auto solver = PuzzleSolver::load(model.path, "cpu", pool_threads(options_.threads));
  if (!solver) return solver.error();
  solver_ = std::move(*solver);
  solver_written_ = model.written;
  return solver_.get();
}

}  // namespace greylag
