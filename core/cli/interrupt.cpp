// SPDX-License-Identifier: Apache-2.0
// One handler, one flag; the guard says what the handler does.
#include "core/cli/interrupt.h"

#include <csignal>
#include <cstdlib>

namespace greylag {
namespace {

// A handler can reach nothing but globals.
volatile std::sig_atomic_t g_interrupted = 0;

void note_interrupt(int) { g_interrupted = 1; }
// A blocked read of stdin cannot be woken portably, and nothing is left to save at a prompt.
void leave(int) { std::_Exit(0); }

}  // namespace

InterruptGuard::InterruptGuard(At at) {
  g_interrupted = 0;
  previous_ = std::signal(SIGINT, at == At::Generation ? note_interrupt : leave);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, previous_ == SIG_ERR ? SIG_DFL : previous_);
}

bool InterruptGuard::is_interrupted() const { return g_interrupted != 0; }

}  // namespace greylag
