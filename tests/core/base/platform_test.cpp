// SPDX-License-Identifier: Apache-2.0
#include "core/base/platform.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/random.h"

namespace greylag {
namespace {

TEST(Platform, KnowsThisProcessAndNoOther) {
  const auto mark = platform::process_start_mark(platform::process_id());
  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark, platform::process_start_mark(platform::process_id()));
  EXPECT_FALSE(platform::process_start_mark(999999999).has_value());
}

TEST(Platform, LocksAreHeldByOneHolder) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("greylag-lock-" + std::to_string(platform::process_id()));
  auto first = platform::acquire_lock(path);
  ASSERT_TRUE(first);
  EXPECT_EQ(platform::acquire_lock(path).error().code, ErrorCode::Conflict);
  platform::release_lock(*first);
  auto again = platform::acquire_lock(path);
  EXPECT_TRUE(again);
  platform::release_lock(*again);
  std::filesystem::remove(path);
}

TEST(Random, IsAFunctionOfSeedStreamAndCounter) {
  CounterRandom a(7, 1), b(7, 1), c(7, 2), d(8, 1);
  const uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, d.next());
  EXPECT_EQ(CounterRandom(7, 1, a.counter()).next(), b.next());
  double sum = 0;
  for (int i = 0; i < 10000; ++i) sum += a.uniform();
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);  // 7 standard deviations
}

}  // namespace
}  // namespace greylag
