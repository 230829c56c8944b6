// SPDX-License-Identifier: Apache-2.0
// Are things that are no files named as what they are? Other kinds of files: tests/hostile.
#include <gtest/gtest.h>

#include "tests/core/checkpoint/file_of_bytes.h"

namespace greylag {
namespace {

TEST(OpenCheckpoint, RefusesFoldersAndMissingFiles) {
  const test::TempDir dir;
  EXPECT_EQ(open_checkpoint(dir.path()).error().code, ErrorCode::BadFile);
  EXPECT_EQ(open_checkpoint(dir / "absent.pth").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
