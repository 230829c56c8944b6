// SPDX-License-Identifier: Apache-2.0
// A thread that cannot start (too many processes, no address space for its stack) is a state of
// the machine: an error of whoever asked, never the end of the process.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "core/base/exception_error.h"
#include "core/base/result.h"

namespace greylag {

// Work takes a std::stop_token or nothing. Unavailable: no thread.
template <typename Work>
Result<std::jthread> start_thread(Work&& work) {
  try {
    return std::jthread(std::forward<Work>(work));
  } catch (const std::system_error& problem) {
    return error_of(problem);
  }
}

}  // namespace greylag
