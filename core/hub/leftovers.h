// SPDX-License-Identifier: Apache-2.0
// What did killed programs leave in HOME? Half-copied imports, half-written merges and settings,
// and half-written checkpoints of runs whose trainer is gone. Parts of downloads and conversions
// stay: those go on.
#pragma once

#include "core/base/home.h"

namespace greylag {

// Removes it; what a live process writes is left alone, whoever that is. At the engine's start.
void remove_leftovers(const Home& home);

}  // namespace greylag
