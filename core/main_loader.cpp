// SPDX-License-Identifier: Apache-2.0
// greylag-loader: parses one model file from stdin and writes its table, or what is wrong with it,
// to stdout (core/checkpoint/table_codec.h). Started by the engine and the trainer. The file may be
// hostile, so everything happens behind the walls of core/base/sandbox.h, and a fault ends this
// process alone.
#include <cstdlib>
#include <new>
#include <span>
#include <string>

#include "core/base/platform.h"
#include "core/base/sandbox.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/table_codec.h"

namespace {

using greylag::Error;
using greylag::ErrorCode;

std::string parse(std::span<const std::byte> file) {
  try {
    return greylag::encode_table(greylag::parse_checkpoint(file));
  } catch (const std::bad_alloc&) {
    return greylag::encode_table(
        Error{ErrorCode::BadFile, "its header needs more memory than a loader may have"});
  }
}

std::string answer() {
  const auto file = greylag::sandbox::map_input();
  if (!file) return greylag::encode_table(file.error());
  if (const auto walls = greylag::sandbox::lock_down(); !walls) {
    return greylag::encode_table(walls.error());
  }
  return parse(*file);
}

}  // namespace

int main() {
  constexpr int kStdout = 1;
  const std::string bytes = answer();
  // Not exit(): destructors of libraries have no business behind the walls.
  std::_Exit(greylag::platform::write_fully(kStdout, bytes.data(), bytes.size()) == 0 ? 0 : 1);
}
