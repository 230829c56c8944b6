// SPDX-License-Identifier: Apache-2.0
// What does each command of `greylag-train reason` do? Results on stdout, messages on stderr; the
// return value is the exit code. Libraries' exceptions pass through to train_cli.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/puzzle/prepare.h"
#include "core/reason/reason_config.h"
#include "core/reason/reason_model.h"

namespace greylag::reason {

// Every option of every command; a command reads its own.
struct ReasonOptions {
  PrepareOptions prepare;
  std::string source, test_source;  // of prepare, as typed
  std::string data, out, model, start, puzzle;
  ModelOptions model_options;
  PuzzleKind kind;         // of init: there are no puzzles to ask
  int64_t rows = 0;        // of init: 0 = by task
  bool has_model = false;  // an option of the model was given
  // Given settings, in order; each writes its field.
  std::vector<std::function<void(ReasonConfig&)>> settings;
  std::string device = "auto", dtype = "f32", split = "test";
  int64_t seed = 1, threads = 0, batch = 64, limit = 0, max_segments = 16;
  double seconds = 0;
  std::vector<int64_t> segments{1, 2, 4, 8, 16, 32, 64};
};

int command_prepare(const ReasonOptions& options, bool is_json);
int command_init(const ReasonOptions& options, bool is_json);
int command_run(const ReasonOptions& options, bool is_json);
int command_eval(const ReasonOptions& options, bool is_json);
int command_solve(const ReasonOptions& options, bool is_json);

}  // namespace greylag::reason
