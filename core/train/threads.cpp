// SPDX-License-Identifier: Apache-2.0
#include "core/train/threads.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/address_space.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/thread_probe.h"

namespace greylag::train {

void use_threads(int64_t wanted) {
  const auto asked =
      wanted > 0 ? static_cast<unsigned>(std::min<int64_t>(wanted, 1024)) : platform::cpu_count();
  const unsigned fitting = threads_in_address_space();
  const unsigned possible = fitting == 0 ? asked : std::min(asked, fitting);
  const unsigned threads = 1 + startable_threads(possible - 1);
  if (threads < asked) {
    log_warn("train", fmt::format("this machine has room for {} threads of {} (a limit of "
                                  "processes or of address space)",
                                  threads, asked));
  }
  at::set_num_threads(static_cast<int>(threads));
}

}  // namespace greylag::train
