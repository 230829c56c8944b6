// SPDX-License-Identifier: Apache-2.0
// What decides a training of a puzzle reasoner? Written once, with every default filled in, as
// config.json of the run's folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/puzzle_config.h"

namespace greylag::reason {

struct ReasonConfig {
  PuzzleConfig model;
  std::string data;         // folder of the puzzles (core/puzzle/puzzle_set.h)
  std::string data_sha256;  // of the training puzzles
  int64_t batch = 768;      // slots
  int64_t steps = 10000;    // optimizer steps = segments
  double lr = 1e-4;
  double lr_min_ratio = 1;  // of the cosine's end; 1 = constant
  int64_t warmup_steps = 2000;
  double weight_decay = 1;
  double puzzle_lr = 1e-4;  // of puzzle embeddings (sign descent), on the same schedule
  double puzzle_weight_decay = 1;
  double beta1 = 0.9, beta2 = 0.95;
  double average = 0.999;     // of the weights' moving average; 0 = none
  int64_t max_segments = 16;  // M
  double exploration = 0.1;
  int64_t grad_calls = -1;       // recorded calls of a segment; -1 = the whole last cycle
  bool has_continue = false;     // HRM's continue head and its extra forward
  double stop_accuracy = 0.999;  // ends when so many training puzzles come out right; 0 = never
  int64_t seed = 1;
  int64_t log_every = 10;
  int64_t evaluate_every = 1000;   // steps; 0 = at the end only
  int64_t evaluate_puzzles = 512;  // of the test puzzles, spread evenly; 0 = all
  std::vector<int64_t> evaluate_segments{1, 2, 4, 8, 16};
  int64_t save_every = 1000;   // steps; 0 = at the end only
  int64_t keep_last = 2;       // checkpoints
  std::string device = "cpu";  // cpu, cuda, cuda:N; may change when a run goes on
  int64_t threads = 0;         // 0 = all cores; may change when a run goes on

  // Share of lr at a step (from 0): linear up to warmup_steps, then a cosine from 1 to
  // lr_min_ratio (facts hrm.md 1.7).
  double rate_at(int64_t step) const;
};

// The published settings of a recipe (facts 1.7, 1.10): hrm-exact records two calls, has the
// continue head and no average.
ReasonConfig recipe_config(const PuzzleConfig& model);

// InvalidArgument names the field and its range.
Status check_reason_config(const ReasonConfig& config);

std::string to_json_text(const ReasonConfig& config);
// BadFile names what is missing or wrong.
Result<ReasonConfig> parse_reason_config(const std::string& text);
// Name of a field that differs, with both values, as "lr is 0.1, not 0.2"; empty when there is
// none. Device and threads may differ.
std::string difference(const ReasonConfig& have, const ReasonConfig& wanted);
// The same for a config.json that was edited between two starts: fields that no stored number
// depends on (steps, rates, how often is saved and measured) may differ too.
std::string fixed_difference(const ReasonConfig& saved, const ReasonConfig& now);

}  // namespace greylag::reason
