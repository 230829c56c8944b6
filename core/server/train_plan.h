// SPDX-License-Identifier: Apache-2.0
// What will a finetune cost? Parameters, memory, disk and time, before it starts. Every number is
// an estimate from shapes, the data and a short measurement.
#pragma once

#include <stop_token>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/model/config.h"
#include "core/model/hrm_config.h"
#include "core/protocol/training.h"

namespace greylag {

// Elements that `method` trains: rank x (in + out) of the six matrices per layer, the initial
// states [L, H, N, N], or everything; of method hrm the core (given then) and its backbone's.
int64_t trainable_parameters(const Config& model, const protocol::RunConfig& run,
                             const HrmConfig* core = nullptr);

// Tokens per second that an earlier run of the same model file and method reached; 0 if none.
double measured_speed(const Home& home, const protocol::RunConfig& run);

// config must be completed (RunSupervisor::complete). Errors as open_checkpoint, read_config,
// choose_tokenizer, check_dataset. Reads the whole data file; Cancelled once stop has fired.
Result<protocol::PlanReply> plan_training(const Home& home, protocol::RunConfig config,
                                          const std::stop_token& stop = {});

}  // namespace greylag
