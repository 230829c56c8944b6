// SPDX-License-Identifier: Apache-2.0
// Stops on text, however it is cut.
#include "core/prompt/stop_matcher.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/prompt/chat_prompt.h"

namespace greylag {
namespace {

using Stops = std::vector<std::string>;

TEST(StopMatcher, StopsAcrossEveryBorder) {
  const std::string text = "fine.\n\nUser: more";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      StopMatcher matcher({chat_stops().begin(), chat_stops().end()});
      std::string shown = matcher.push(text.substr(0, first));
      shown += matcher.push(text.substr(first, second - first));
      shown += matcher.push(text.substr(second));
      EXPECT_EQ(shown + matcher.finish(), "fine.");
      EXPECT_TRUE(matcher.is_stopped());
    }
  }
}

TEST(StopMatcher, HoldsBackNoMoreThanMayBecomeAStop) {
  StopMatcher matcher(Stops{"\n\nUser:"});
  EXPECT_EQ(matcher.push("hello"), "hello");
  EXPECT_EQ(matcher.push("\n"), "");
  EXPECT_EQ(matcher.push("x"), "\nx");
  EXPECT_EQ(matcher.push("\n\n\n"), "\n");
  EXPECT_EQ(matcher.push("Use"), "");
  EXPECT_EQ(matcher.push("d"), "\n\nUsed");
  EXPECT_EQ(matcher.push("\n"), "");
  EXPECT_EQ(matcher.finish(), "\n");
  EXPECT_EQ(matcher.finish(), "");
  EXPECT_FALSE(matcher.is_stopped());
}

TEST(StopMatcher, IsSilentAfterTheStop) {
  StopMatcher matcher(Stops{"END"});
  EXPECT_EQ(matcher.push("aEND"), "a");
  EXPECT_EQ(matcher.push("more"), "");
  EXPECT_EQ(matcher.finish(), "");
}

TEST(StopMatcher, IgnoresEmptyStops) {
  StopMatcher matcher(Stops{"", ""});
  EXPECT_EQ(matcher.push("abc"), "abc");
  EXPECT_FALSE(matcher.is_stopped());
}

TEST(StopMatcher, TakesTheStopThatIsCompleteFirst) {
  StopMatcher matcher(Stops{"abcd", "bc", "c"});
  EXPECT_EQ(matcher.push("xabcd"), "xa");
}

// The rule, written down without an automaton.
std::string shown_by_search(const std::string& text, const Stops& stops) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string& stop : stops) {
      if (text.substr(0, end).ends_with(stop)) longest = std::max(longest, stop.size());
    }
    if (longest > 0) return text.substr(0, end - longest);
  }
  return text;
}

TEST(StopMatcher, FindsWhatASearchFinds) {
  CounterRandom random(12, 0);
  const auto letters = [&](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += static_cast<char>('a' + random.below(2));
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    const std::string text = letters(60);
    Stops stops;
    for (size_t i = 0; i < 4; ++i) stops.push_back(letters(1 + random.below(12)));
    StopMatcher matcher(stops);
    std::string shown;
    for (size_t at = 0; at < text.size();) {
      const size_t count = 1 + random.below(7);
      shown += matcher.push(text.substr(at, count));
      at += count;
    }
    ASSERT_EQ(shown + matcher.finish(), shown_by_search(text, stops)) << text;
  }
}

// Searching what is held back anew at every token takes half a millisecond a token here.
TEST(StopMatcher, StopsThatNearlyMatchCostNoMoreThanOthers) {
  Stops stops{std::string(1000, 'a') + "!"};
  for (int i = 0; i < 63; ++i) stops.push_back(std::string(499, 'a') + "b" + std::to_string(i));
  StopMatcher matcher(stops);
  size_t shown = 0;
  for (int i = 0; i < 20'000; ++i) shown += matcher.push("a").size();
  EXPECT_EQ(shown, 20'000u - 1000);
  EXPECT_EQ(matcher.push("!"), "");
  EXPECT_TRUE(matcher.is_stopped());
}

TEST(StopMatcher, ShowsTheSameForRandomTextHoweverItIsCut) {
  CounterRandom random(11, 0);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += static_cast<char>('a' + random.below(3));
    const Stops stops{"abca", "bcc", "ccab"};
    StopMatcher at_once(stops), by_bytes(stops);
    std::string expected = at_once.push(text);
    expected += at_once.finish();
    std::string shown;
    for (const char c : text) shown += by_bytes.push(std::string_view(&c, 1));
    shown += by_bytes.finish();
    ASSERT_EQ(shown, expected);
    ASSERT_EQ(by_bytes.is_stopped(), at_once.is_stopped());
    ASSERT_TRUE(text.starts_with(shown));
  }
}

}  // namespace
}  // namespace greylag
