// SPDX-License-Identifier: Apache-2.0
// Is every hostile file refused, with the rule that it breaks?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/hostile/hostile_files.h"
#include "tests/support/temp_dir.h"

namespace greylag {

namespace test {
void PrintTo(const HostileSet& set, std::ostream* out) { *out << set.name; }
}  // namespace test

namespace {

struct Count {
  size_t files = 0, refused = 0;
};
Count total;

class Hostile : public testing::TestWithParam<test::HostileSet> {
 protected:
  static void TearDownTestSuite() {
    std::printf("hostile files refused: %zu of %zu\n", total.refused, total.files);
  }
};

TEST_P(Hostile, FilesAreRefusedByTheirRule) {
  const test::TempDir dir;
  for (const test::HostileFile& file : GetParam().files()) {
    SCOPED_TRACE(file.what);
    // Without fsync, unlike write_file_atomic: there are hundreds of these files.
    const std::filesystem::path path = dir / std::to_string(++total.files);
    std::ofstream(path, std::ios::binary) << file.bytes;
    const Status status = test::read_as(GetParam().read_as, path);
    if (status.ok()) {
      ADD_FAILURE() << "the file was accepted";
      continue;
    }
    const Error& error = status.error();
    const bool is_right =
        error.code == ErrorCode::BadFile && error.message.find(file.rule) != std::string::npos;
    EXPECT_TRUE(is_right) << error.message << "\nexpected: " << file.rule;
    EXPECT_LT(error.message.size(), 1000u);
    total.refused += is_right ? 1 : 0;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Hostile, testing::ValuesIn(test::hostile_sets()),
                         [](const auto& set) {
                           std::string name = set.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace greylag
