// SPDX-License-Identifier: Apache-2.0
// One step of training a puzzle reasoner: slots, a segment, loss, update (facts hrm.md 1.5, 1.10),
// and everything that the next step depends on, in memory and in a checkpoint. Its results are a
// function of config, puzzles and step, to the bit on the CPU.
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.h"
#include "core/puzzle/puzzle_set.h"
#include "core/reason/puzzle_autograd.h"
#include "core/reason/puzzle_batch.h"
#include "core/reason/reason_config.h"
#include "core/reason/reasoner_file.h"
#include "core/reason/slots.h"
#include "core/train/ema.h"
#include "core/train/optimizer.h"

namespace greylag::reason {

// Sums are over the slots that halted at this step.
struct LearnStep {
  bool is_good = true;  // false: loss or gradient was not finite, and nothing was updated
  double loss = 0;      // mean over slots of CE + 1/2 BCE (+ 1/2 BCE of the continue head)
  double cross_entropy = 0, halting_loss = 0;  // its parts, means over slots
  double gradient_norm = 0;
  double lr = 0;
  int64_t finished = 0;  // slots
  double exact = 0, cells = 0, segments = 0;
};

// The target of the continue head: sigmoid of q'_halt where the slot is at its last segment, else
// of the larger of both. q [B, 2] of the segment after this one, is_last [B] bool -> [B].
at::Tensor continue_target(const at::Tensor& q, const at::Tensor& is_last);

class PuzzleLearner {
 public:
  // Fresh weights from config.seed, or `start` (a reasoner of the same shapes). The set must
  // outlive it. Errors of PuzzleNet::create.
  static Result<std::unique_ptr<PuzzleLearner>> create(const ReasonConfig& config,
                                                       const PuzzleSet& set, at::Device device,
                                                       const Parameters* start = nullptr);

  LearnStep step();
  int64_t steps_done() const { return steps_done_; }
  // Share of training puzzles that came out right, over about the last 1000 that halted.
  double recent_accuracy() const { return recent_accuracy_; }

  const PuzzleNet& net() const { return net_; }
  // The net with averaged weights (the net itself where there is no average); shares its tensors.
  const PuzzleNet& averaged() const { return averaged_; }

  // trainer.safetensors and state.json: weights, moments, averages, latents, slots, counters.
  Status save(const std::filesystem::path& folder) const;
  // Of the same config, on any device. Latents of another dtype (from another kind of device) are
  // left, and all slots take new puzzles.
  Status restore(const std::filesystem::path& folder);

 private:
  PuzzleLearner(const ReasonConfig& config, const PuzzleSet& set, PuzzleNet net,
                std::vector<train::TrainedTensor> trained);
  void refill();
  at::Tensor loss(const PuzzleSegment& segment, const PuzzleBatch& batch, const Answers& answers,
                  LearnStep& step);
  void count_finished(const Answers& answers, LearnStep& step);
  NamedParts parts() const;

  const ReasonConfig config_;
  const PuzzleSet& set_;
  PuzzleOrder order_;
  PuzzleNet net_;
  train::Adam optimizer_;
  train::WeightAverage average_;
  PuzzleNet averaged_;
  Slots slots_;
  PuzzleBatch batch_;  // on the CPU
  PuzzleCarry carry_;
  int64_t steps_done_ = 0;
  double recent_accuracy_ = 0;
};

}  // namespace greylag::reason
