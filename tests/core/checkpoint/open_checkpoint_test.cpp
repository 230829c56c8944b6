// SPDX-License-Identifier: Apache-2.0
// Are things that are no files named as what they are? Other kinds of files: tests/hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

TEST(OpenCheckpoint, RefusesFoldersAndMissingFiles) {
  const test::TempDir dir;
  EXPECT_EQ(open_checkpoint(dir.path()).error().code, ErrorCode::BadFile);
  EXPECT_EQ(open_checkpoint(dir / "absent.pth").error().code, ErrorCode::NotFound);
}

// Where the loader locks itself in, and in process.
TEST(OpenCheckpoint, AFileThatIsCutWhileItIsReadIsABadFile) {
  const test::TempDir dir;
  for (const char* name : {"a.pth", "a.safetensors"}) {
    for (const Origin origin : {Origin::Outside, Origin::Own}) {
      ASSERT_TRUE(test::write_tiny_checkpoint(dir / name).ok());
      const auto reader = open_checkpoint(dir / name, origin);
      ASSERT_TRUE(reader.ok()) << reader.error().message;
      std::filesystem::resize_file(dir / name, 4096);
      const TensorInfo& last = (*reader)->tensors().back();
      std::vector<std::byte> out(static_cast<size_t>(last.size_bytes));
      const Status read = (*reader)->read(last, out);
      ASSERT_FALSE(read.ok()) << name;
      EXPECT_EQ(read.error().code, ErrorCode::BadFile);
      EXPECT_THAT(read.error().message, testing::HasSubstr("was cut while it was read"));
    }
  }
}

}  // namespace
}  // namespace greylag
