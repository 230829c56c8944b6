// SPDX-License-Identifier: Apache-2.0
// How is a puzzle solved? A loaded reasoner and its device: segment after segment until
// SolveProgress says stop, with an answer to show after each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "core/infer/solve_progress.h"
#include "core/model/puzzle_net.h"

namespace greylag {

struct SolveOptions {
  int64_t segments = 16;  // 1 to 128: the limit
  // Candidates, 1 to 64. The first goes its own way; before each segment the others get noise of
  // N(0, 1) times `noise` on z_H and z_L.
  int64_t rollouts = 1;
  float noise = 0.3f;
  uint64_t seed = 0;      // of the noise
  int32_t puzzle_id = 0;  // row of the puzzle embedding
};

// InvalidArgument names the option.
Status check_solve_options(const SolveOptions& options);

struct Solution {
  SolveStep step;  // the last one
  SolveEnd end = SolveEnd::Segments;
};

// Used by one thread at a time. A segment of the published sizes is 0.2 to 0.5 s of work for one
// core.
class PuzzleSolver {
 public:
  // Errors of open_checkpoint, read_puzzle_config, PuzzleWeights::load; InvalidArgument: device.
  static Result<std::unique_ptr<PuzzleSolver>> load(const std::filesystem::path& path,
                                                    const std::string& device, unsigned threads);

  const PuzzleConfig& config() const { return net_->config(); }
  const std::filesystem::path& path() const { return path_; }

  // on_segment is called after each segment; false cancels: the solution is then the last step.
  // InvalidArgument: options, tokens. Throws std::bad_alloc.
  Result<Solution> solve(const Puzzle& puzzle, const SolveOptions& options,
                         const std::function<bool(const SolveStep&)>& on_segment);

 private:
  PuzzleSolver() = default;
  void add_noise(const SolveOptions& options, int64_t segment);

  std::filesystem::path path_;
  std::unique_ptr<gpu::Device> device_;
  std::unique_ptr<gpu::Queue> queue_;
  std::unique_ptr<PuzzleNet> net_;
};

}  // namespace greylag
