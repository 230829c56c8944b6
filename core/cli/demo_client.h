// SPDX-License-Identifier: Apache-2.0
// How does the demonstration talk to its own server? As any other program would: HTTP by libcurl.
#pragma once

#include <string>

#include "core/base/result.h"

namespace greylag {

struct DemoAnswer {
  std::string text;
  double tokens_per_second = 0;
};

// POST /v1/chat/completions, greedy. The server's error message is the error.
Result<DemoAnswer> ask_server(int port, const std::string& token, const std::string& model,
                              const std::string& adapter, const std::string& question);

}  // namespace greylag
