// SPDX-License-Identifier: Apache-2.0
// One bad file: what is wrong with it, its bytes, and words that the refusal must hold.
#pragma once

#include <string>

namespace greylag::test {

struct HostileFile {
  std::string what;
  std::string bytes;
  std::string rule;  // part of the message; empty: any BadFile
};

}  // namespace greylag::test
