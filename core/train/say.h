// SPDX-License-Identifier: Apache-2.0
// A message for whoever looks at stderr. Nobody may: the terminal can be closed and the disk under
// a log full, and that is no reason to lose a run, so that a failure is not one (fmt::print
// throws).
#pragma once

#include <cstdio>
#include <string>

namespace greylag::train {

inline void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace greylag::train
