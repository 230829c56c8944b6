// SPDX-License-Identifier: Apache-2.0
// One finetuning run from its folder to its last checkpoint: data, micro batches, gradients, clip,
// update, validation, saving, control words. Everything that decides the result is in config.yaml
// and in the checkpoint, so that a killed and resumed run equals a straight one to the bit.
// One thread; LibTorch's own threads compute.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/runs/run_folder.h"

namespace greylag::train {

struct StepReport {
  protocol::Metric metric;
  protocol::Timing timing;
  int64_t steps = 0;
  std::string event;  // "step", "saved", "paused", "resumed"
};

struct TrainerOptions {
  std::filesystem::path tokenizers;                    // folder of vocabularies
  std::function<bool()> is_interrupted;                // asks for a stop at the next step border
  std::function<void(const StepReport&)> on_progress;  // may be empty
};

enum class RunStart { Fresh, Resume };
enum class RunEnd { Finished, Stopped };

// Does the whole run: takes ownership, loads, trains, journals the end (also a failure) and gives
// ownership back. Fresh: Conflict when the folder has progress already. Resume: goes on at the
// newest verified checkpoint, or from the start when there is none; Conflict when the run is
// complete, when the model or the data file changed, or config.yaml in what the checkpoint depends
// on (run_config.h: config_changes).
// Errors else: of loading model, vocabulary and data; NoSpace, which leaves a run that has begun
// paused; Internal after three non-finite steps in a row.
Result<RunEnd> train_run(RunFolder& folder, RunStart start, const TrainerOptions& options);

}  // namespace greylag::train
