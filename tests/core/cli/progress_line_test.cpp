// SPDX-License-Identifier: Apache-2.0
#include "core/cli/progress_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace greylag {
namespace {

TEST(ProgressLine, SaysShareSpeedAndTimeLeft) {
  EXPECT_EQ(describe_progress({.done_bytes = 1'000'000'000,
                               .total_bytes = 3'000'000'000,
                               .kept_bytes = 0,
                               .seconds = 10}),
            "33 %  1.0 of 3.0 GB  100 MB/s  20 s left");
  EXPECT_EQ(describe_progress({.done_bytes = 500'000, .total_bytes = 2'000'000}),
            "25 %  0.5 of 2.0 MB");
  EXPECT_EQ(describe_progress({}), "0 %  0.0 of 0.0 MB");
}

TEST(ProgressLine, WhatWasThereBeforeIsNoSpeed) {
  EXPECT_EQ(describe_progress({.done_bytes = 1'500'000'000,
                               .total_bytes = 15'000'000'000,
                               .kept_bytes = 1'000'000'000,
                               .seconds = 10}),
            "10 %  1.5 of 15.0 GB  50 MB/s  4 min 30 s left");
  EXPECT_EQ(describe_progress({.done_bytes = 1'000'000'000,
                               .total_bytes = 2'000'000'000,
                               .kept_bytes = 1'000'000'000,
                               .seconds = 10}),
            "50 %  1.0 of 2.0 GB");
}

TEST(ProgressLine, ShortWorkIsSilent) {
  for (const bool is_terminal : {false, true}) {
    std::ostringstream out;
    ProgressLine line(out, is_terminal);
    line.show({.done_bytes = 1, .total_bytes = 2});
    line.clear();
    EXPECT_EQ(out.str(), "");
  }
}

}  // namespace
}  // namespace greylag
