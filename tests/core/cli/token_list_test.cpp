// SPDX-License-Identifier: Apache-2.0
// Lists of ids are read strictly: anything odd is the user's mistake, not zero.
#include "core/cli/token_list.h"

#include <gtest/gtest.h>

namespace greylag {
namespace {

TEST(TokenList, ReadsNumbersBetweenCommas) {
  EXPECT_EQ(*parse_token_list("34, 105,110"), (std::vector<int64_t>{34, 105, 110}));
  EXPECT_EQ(*parse_token_list("-1"), std::vector<int64_t>{-1});
}

TEST(TokenList, RefusesAnythingElse) {
  for (const char* text : {"", ",", "1,", ",1", "1 2", "a", "1a", "+1", "0x1", "1e3", "1.0"}) {
    EXPECT_FALSE(parse_token_list(text).has_value()) << text;
    EXPECT_NE(check_token_list(text), "") << text;
  }
}

TEST(TokenList, HugeNumbersAreOutOfRangeNotGarbage) {
  ASSERT_TRUE(parse_token_list("99999999999999999999").has_value());
  EXPECT_FALSE(tokens_below("99999999999999999999", 256, "x").ok());
  EXPECT_EQ(*tokens_below("0,255", 256, "x"), (std::vector<int32_t>{0, 255}));
  EXPECT_FALSE(tokens_below("256", 256, "x").ok());
}

}  // namespace
}  // namespace greylag
