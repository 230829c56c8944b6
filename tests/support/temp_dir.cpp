// SPDX-License-Identifier: Apache-2.0
// Names come from the system's random device: two test programs may run at once.
#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <random>
#include <string>
#include <system_error>

namespace greylag::test {

TempDir::TempDir() {
  std::random_device device;
  do {
    path_ = std::filesystem::temp_directory_path() /
            ("greylag-test-" + std::to_string(device()) + std::to_string(device()));
  } while (!std::filesystem::create_directory(path_));
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::optional<std::filesystem::path> shared_file(std::string_view name) {
  const char* folder = std::getenv("GREYLAG_SHARED");
  if (folder == nullptr) return std::nullopt;
  std::filesystem::path path = std::filesystem::path(folder) / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace greylag::test
