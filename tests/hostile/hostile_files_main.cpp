// SPDX-License-Identifier: Apache-2.0
// hostile_files write DIR: writes them all. hostile_files read DIR: reads them and must be refused;
// run alone so that its system calls can be watched (hostile_syscalls.sh).
#include <cstdio>
#include <fstream>
#include <string_view>

#include "tests/hostile/hostile_files.h"

namespace {

using namespace greylag;

// DIR/pickle-opcodes-17
std::filesystem::path place_of(const std::filesystem::path& folder, const test::HostileSet& set,
                               size_t number) {
  return folder / (set.name + "-" + std::to_string(number));
}

int write_all(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const test::HostileSet& set : test::hostile_sets()) {
    size_t number = 0;
    for (const test::HostileFile& file : set.files()) {
      std::ofstream out(place_of(folder, set, ++number), std::ios::binary);
      if (!(out << file.bytes).flush()) return 1;
    }
  }
  return 0;
}

int read_all(const std::filesystem::path& folder) {
  size_t files = 0, refused = 0;
  for (const test::HostileSet& set : test::hostile_sets()) {
    for (size_t number = 1;; ++number) {
      const std::filesystem::path path = place_of(folder, set, number);
      if (!std::filesystem::exists(path)) break;
      ++files;
      refused += test::read_as(set.read_as, path).ok() ? 0 : 1;
    }
  }
  std::printf("hostile files refused: %zu of %zu\n", refused, files);
  return files > 0 && refused == files ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc == 3 ? argv[1] : "";
  if (word == "write") return write_all(argv[2]);
  if (word == "read") return read_all(argv[2]);
  std::fprintf(stderr, "hostile_files write|read DIR\n");
  return 2;
}
