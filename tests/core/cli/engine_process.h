// SPDX-License-Identifier: Apache-2.0
// Runs the real greylag-engine and takes what comes out.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace greylag::test {

struct ProcessResult {
  int code = -1;    // exit code; -1 when a signal ended it
  std::string out;  // stdout
  std::string err;  // stderr
  // stdout as one JSON value; a failure of the test when it is anything else.
  nlohmann::json json() const;
};

// $GREYLAG_BIN/greylag-engine with a fresh --home; input goes to its stdin.
ProcessResult run_engine(const std::vector<std::string>& arguments, const std::string& input = "");
// The same with an engine that lies elsewhere.
ProcessResult run_program(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments, const std::string& input = "");

}  // namespace greylag::test
