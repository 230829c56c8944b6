// SPDX-License-Identifier: Apache-2.0
// A training of a puzzle reasoner as a folder that can be left and gone back to at any time:
//   config.json           ReasonConfig, written once
//   metrics.jsonl         one row per logged step and per evaluation, cut to the checkpoint's
//                         offset when a run goes on
//   checkpoints/step-XXXXXXXX/{trainer,latents}.safetensors, state.json, manifest.json
//   reasoner.safetensors  the averaged weights at the newest checkpoint (core/model/
//                         puzzle_config.h), f32
// A run that was stopped or killed and goes on equals a straight one to the bit (on the CPU).
// One thread; LibTorch's own threads compute.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/reason/puzzle_evaluation.h"
#include "core/reason/puzzle_learner.h"
#include "core/reason/reason_config.h"

namespace greylag::reason {

struct TrainingReport {
  int64_t step = 0, steps = 0;
  LearnStep last;                                   // means and sums since the last logged step
  double seconds_left = 0, puzzles_per_second = 0;  // segments of one puzzle per second
  double recent_accuracy = 0;
  const Evaluation* evaluation = nullptr;  // of event "evaluated"
  std::string event;                       // "step", "evaluated", "saved"
};

struct TrainingOptions {
  double seconds = 0;                    // stop after so long, with a checkpoint; 0 = never
  std::filesystem::path start;           // reasoner to begin from; empty = fresh weights
  std::function<bool()> is_interrupted;  // asks for a stop at the next step border
  std::function<void(const TrainingReport&)> on_progress;  // every step; may be empty
};

enum class TrainingEnd { Finished, Learned, Stopped };  // Learned: stop_accuracy was reached

struct TrainingResult {
  TrainingEnd end = TrainingEnd::Finished;
  int64_t step = 0;
  std::filesystem::path reasoner;
};

// Whether the folder holds a run.
bool is_training_folder(const std::filesystem::path& folder);
Result<ReasonConfig> read_training_config(const std::filesystem::path& folder);

// "auto", "cpu", "cuda" or "cuda:N" for this model: auto is CUDA where there is one and the mixer
// can use it. InvalidArgument says what is missing.
Result<std::string> choose_device(const std::string& wanted, const PuzzleConfig& model);

// Begins the run of `folder` or goes on with it from its newest checkpoint. config.data_sha256 may
// be empty. Errors: Conflict when the folder holds a run of another config or another process works
// on it, or the data changed; of the data and the device; NoSpace; Internal after three steps in a
// row that are not finite.
Result<TrainingResult> train_puzzles(const std::filesystem::path& folder, ReasonConfig config,
                                     const TrainingOptions& options);

}  // namespace greylag::reason
