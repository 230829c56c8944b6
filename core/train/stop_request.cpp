// SPDX-License-Identifier: Apache-2.0
#include "core/train/stop_request.h"

#include <csignal>

#include "core/base/platform.h"

namespace greylag::train {
namespace {

// A handler can reach nothing but globals.
volatile std::sig_atomic_t g_is_stop_requested = 0;

void request_stop(int signal) {
  g_is_stop_requested = 1;
  std::signal(signal, request_stop);  // some systems put the default back
}

}  // namespace

void catch_stop_signals() {
  for (const int signal : platform::stop_signals()) std::signal(signal, request_stop);
}

bool is_stop_requested() { return g_is_stop_requested != 0; }

}  // namespace greylag::train
