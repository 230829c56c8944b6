// SPDX-License-Identifier: Apache-2.0
// Everything a run holds in memory, how it comes from the folder, and how it goes into a
// checkpoint.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/data/dataset.h"
#include "core/runs/run_folder.h"
#include "core/train/base_model.h"
#include "core/train/batches.h"
#include "core/train/hrm_autograd.h"
#include "core/train/optimizer.h"
#include "core/train/patience.h"

namespace greylag::train {

struct RunState {
  RunState(BaseModel base_model, std::optional<HrmAutograd> reasoning_core, Adam adam,
           SampleOrder sample_order)
      : base(std::move(base_model)),
        core(std::move(reasoning_core)),
        optimizer(std::move(adam)),
        order(sample_order) {}

  BaseModel base;
  std::optional<HrmAutograd> core;  // method hrm
  Adam optimizer;
  SampleOrder order;
  std::vector<Sample> train, validation;
  int64_t step = 0;                // steps done
  int64_t bad_steps = 0;           // non-finite steps in a row
  std::optional<double> val_loss;  // measured at this very step
  Patience patience;
  std::string samples_sha256;  // of train and validation, in order: what the run learns from
};

// Holds config.yaml against the one that the checkpoint was saved under. Conflict names the fields
// that must not differ, with both values; other differences go to the journal ("changed") and to
// stderr. Hashes that config.yaml lacks are taken from the checkpoint.
Status check_config_changes(RunFolder& folder, const std::filesystem::path& checkpoint);

// Loads model and data as config.yaml says and fills the hashes in it. Conflict when a hash is
// there already and differs.
Result<std::unique_ptr<RunState>> load_run(RunFolder& folder,
                                           const std::filesystem::path& tokenizers);

// Continues from a checkpoint: weights, moments, step; metrics and timings are cut. Conflict when
// the data makes other samples than it did.
Status restore_run(RunState& state, RunFolder& folder, const std::filesystem::path& checkpoint);

// Writes a checkpoint of the step border that the state is at.
Status save_run(const RunState& state, RunFolder& folder);

}  // namespace greylag::train
