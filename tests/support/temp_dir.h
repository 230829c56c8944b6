// SPDX-License-Identifier: Apache-2.0
// Where does a test write? Into a fresh folder that goes away with the object.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace greylag::test {

class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A file below $GREYLAG_SHARED ("parity/x.pth"); null when it is not there: then skip the test.
std::optional<std::filesystem::path> shared_file(std::string_view name);

}  // namespace greylag::test
