// SPDX-License-Identifier: Apache-2.0
#include "core/train/threads.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#if AT_PARALLEL_OPENMP
#include <omp.h>
#endif

#include "core/base/address_space.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/thread_probe.h"

namespace greylag::train {
namespace {

void set_threads(int threads) {
#if AT_PARALLEL_OPENMP
  // at::set_num_threads would make a pool for XNNPACK too, with as many threads again, and wait for
  // ever for those that cannot be started.
  at::init_num_threads();  // what it does once, at the first question, would undo the next line
  omp_set_num_threads(threads);
#else
  at::set_num_threads(threads);
#endif
}

}  // namespace

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
  set_threads(static_cast<int>(threads));
}

}  // namespace greylag::train
