// SPDX-License-Identifier: Apache-2.0
// A run's result as a model of its own: base + adapter -> one file in HOME/models, then both are
// asked the same question and the largest logit difference is reported.
#pragma once

#include <stop_token>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/protocol/training.h"
#include "core/runs/run_folder.h"

namespace greylag {

// NotFound (no such checkpoint), InvalidArgument (name), Conflict (the name is taken), and the
// errors of merge_adapter and ModelHost::load. Slow: a job's work, Cancelled once stop has fired.
// The file has its name only when both have answered; else nothing of it stays.
Result<protocol::MergeReply> merge_run(const Home& home, const RunFolder& run,
                                       const protocol::MergeRequest& request,
                                       const std::string& device, const std::stop_token& stop = {});

// Removes what merges of an engine that was killed left. For whoever holds HOME's lock, before the
// first merge.
void remove_unnamed_models(const Home& home);

}  // namespace greylag
