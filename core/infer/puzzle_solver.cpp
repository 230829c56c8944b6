// SPDX-License-Identifier: Apache-2.0
#include "core/infer/puzzle_solver.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>

#include "core/base/random.h"

namespace greylag {

namespace {

constexpr int64_t kMostSegments = 128, kMostRollouts = 64;

// Two numbers of N(0, 1) from two uniform ones (Box and Muller).
std::pair<double, double> normal_pair(CounterRandom& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  const double angle = 2.0 * std::numbers::pi * random.uniform();
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

void add_normal(std::span<float> values, float scale, CounterRandom& random) {
  for (size_t i = 0; i < values.size(); i += 2) {
    const auto [first, second] = normal_pair(random);
    values[i] += scale * static_cast<float>(first);
    if (i + 1 < values.size()) values[i + 1] += scale * static_cast<float>(second);
  }
}

}  // namespace

Status check_solve_options(const SolveOptions& options) {
  const auto check = [](const char* name, int64_t value, int64_t most) -> Status {
    if (value >= 1 && value <= most) return {};
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("{} is {}; it is a number from 1 to {}", name, value, most)};
  };
  if (Status status = check("segments", options.segments, kMostSegments); !status) return status;
  return check("rollouts", options.rollouts, kMostRollouts);
}

Result<std::unique_ptr<PuzzleSolver>> PuzzleSolver::load(const std::filesystem::path& path,
                                                         const std::string& device,
                                                         unsigned threads) {
  auto reader = open_checkpoint(path);
  if (!reader) return reader.error();
  std::unique_ptr<PuzzleSolver> solver(new PuzzleSolver);
  std::string why;
  solver->path_ = path;
  solver->device_ = gpu::make_device(device, threads, &why);
  if (solver->device_ == nullptr) return Error{ErrorCode::InvalidArgument, why};
  solver->queue_ = solver->device_->make_queue();
  auto weights = PuzzleWeights::load(**reader, *solver->device_);
  if (!weights) return weights.error();
  solver->net_ = std::make_unique<PuzzleNet>(*weights, *solver->device_, *solver->queue_);
  return solver;
}

// A stream of random numbers for each segment and candidate: more candidates change none of the
// others.
void PuzzleSolver::add_noise(const SolveOptions& options, int64_t segment) {
  const PuzzleConfig& c = config();
  const auto one = static_cast<size_t>(c.positions() * c.width);
  const auto candidates = static_cast<size_t>(options.rollouts);
  std::vector<float> high(candidates * one), low(candidates * one);
  net_->read_state(high, low);
  for (size_t k = 1; k < candidates; ++k) {
    CounterRandom random(options.seed, static_cast<uint64_t>(segment) * kMostRollouts + k);
    add_normal(std::span(high).subspan(k * one, one), options.noise, random);
    add_normal(std::span(low).subspan(k * one, one), options.noise, random);
  }
  net_->write_state(high, low);
}

Result<Solution> PuzzleSolver::solve(const Puzzle& puzzle, const SolveOptions& options,
                                     const std::function<bool(const SolveStep&)>& on_segment) {
  if (Status status = check_solve_options(options); !status) return status.error();
  const PuzzleConfig& c = config();
  const auto candidates = static_cast<size_t>(options.rollouts);
  std::vector<uint8_t> tokens;
  for (size_t k = 0; k < candidates; ++k) {
    tokens.insert(tokens.end(), puzzle.tokens.begin(), puzzle.tokens.end());
  }
  const std::vector<int32_t> ids(candidates, options.puzzle_id);
  if (Status status = net_->start(tokens, ids); !status) return status.error();
  const auto start = std::chrono::steady_clock::now();
  SolveProgress progress(puzzle, c.vocab, options.rollouts, options.segments);
  std::vector<float> logits(tokens.size() * static_cast<size_t>(c.vocab)), q(2 * candidates);
  Solution solution;
  for (int64_t segment = 0; !progress.end(); ++segment) {
    if (candidates > 1) add_noise(options, segment);
    net_->run_segment();
    net_->read(logits, q);
    solution.step = progress.take(logits, q);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    solution.step.seconds = took.count();
    if (!on_segment(solution.step)) {
      solution.end = SolveEnd::Cancelled;
      return solution;
    }
  }
  solution.end = *progress.end();
  return solution;
}

}  // namespace greylag
