// SPDX-License-Identifier: Apache-2.0
// Through the shell, with every argument quoted and the streams in files.
#include "tests/core/cli/engine_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace greylag::test {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

nlohmann::json ProcessResult::json() const {
  nlohmann::json value = nlohmann::json::parse(out, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << "stdout: " << out << "stderr: " << err;
  return value;
}

ProcessResult run_engine(const std::vector<std::string>& arguments, const std::string& input) {
  const char* bin = std::getenv("GREYLAG_BIN");
  return run_program(std::filesystem::path(bin ? bin : "bin") / "greylag-engine", arguments, input);
}

ProcessResult run_program(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments, const std::string& input) {
  const TempDir dir;
  std::ofstream(dir / "in", std::ios::binary) << input;
  std::string command = quoted(program.string());
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  command += " --home " + quoted((dir / "home").string());
  command += " <" + quoted((dir / "in").string()) + " >" + quoted((dir / "out").string()) + " 2>" +
             quoted((dir / "err").string());
  const int status = std::system(command.c_str());
  ProcessResult result;
  // The shell reports a program that a signal ended as 128 + signal.
  if (WIFEXITED(status) && WEXITSTATUS(status) < 128) result.code = WEXITSTATUS(status);
  result.out = read(dir / "out");
  result.err = read(dir / "err");
  return result;
}

}  // namespace greylag::test
