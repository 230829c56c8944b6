// SPDX-License-Identifier: Apache-2.0
// What each command of greylag-train does. Results on stdout, messages on stderr; the return value
// is the exit code. Libraries' exceptions pass through to train_cli.
#pragma once

#include <optional>
#include <string>

#include "core/protocol/training.h"
#include "core/train/initial_model.h"

namespace greylag::train {

// Every option of every command; a command reads its own.
struct Options {
  std::string home, device = "auto";
  bool is_json = false;
  protocol::RunConfig config;
  std::string folder, word, out, adapter, reference;
  std::optional<double> adapter_alpha;  // for an adapter that carries none
  std::string hrm;                      // reasoning core, or empty
  double hrm_alpha = 1;                 // times the core's own; 0 = the base alone
  int64_t effort = 0;                   // H-cycles of the core; 0 = all
  std::string hrm_lm_config;            // config.yaml of an hrm_lm run
  std::string dtype = "f32";
  InitialModel initial;
};

int command_run(const Options& options);
int command_resume(const Options& options);
int command_control(const Options& options);
int command_merge(const Options& options);
int command_eval(const Options& options);
int command_parity(const Options& options);
int command_init(const Options& options);
int command_hrm_init(const Options& options);
int command_hrm_import(const Options& options);

}  // namespace greylag::train
