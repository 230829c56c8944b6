// SPDX-License-Identifier: Apache-2.0
// Has somebody asked this trainer to end? A user, a terminal that was closed, a batch system whose
// time is up, a machine that goes down: the step is finished, a checkpoint written, the run
// stopped.
#pragma once

namespace greylag::train {

// From now on the signals of platform::stop_signals ask and do nothing else. Main thread.
void catch_stop_signals();
bool is_stop_requested();

}  // namespace greylag::train
