// SPDX-License-Identifier: Apache-2.0
#include "core/base/thread_probe.h"

#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace greylag {

unsigned startable_threads(unsigned wanted) {
  std::latch all_started(1);
  std::vector<std::jthread> started;
  started.reserve(wanted);
  try {
    while (started.size() < wanted) started.emplace_back([&all_started] { all_started.wait(); });
  } catch (const std::system_error&) {  // the answer
  }
  all_started.count_down();
  return static_cast<unsigned>(started.size());
}

}  // namespace greylag
