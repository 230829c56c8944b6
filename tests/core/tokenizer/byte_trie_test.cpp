// SPDX-License-Identifier: Apache-2.0
// The trie against the plain rule: the longest token that the text starts with.
#include "core/tokenizer/byte_trie.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/random.h"

namespace greylag {
namespace {

std::string random_word(CounterRandom& random, size_t longest, uint64_t letters) {
  std::string word;
  for (size_t i = 0, n = 1 + random.below(longest); i < n; ++i) {
    word += static_cast<char>(random.below(letters));
  }
  return word;
}

TEST(ByteTrie, FindsTheLongestToken) {
  const std::vector<std::string> tokens{"a", "ab", "abcd", "b", std::string("\0", 1), "a\xff"};
  const ByteTrie trie(tokens);
  EXPECT_EQ(trie.longest("abcd").token, 3u);
  EXPECT_EQ(trie.longest("abcx").token, 2u);
  EXPECT_EQ(trie.longest("abcx").length, 2u);
  EXPECT_EQ(trie.longest(std::string("\0a", 2)).token, 5u);
  EXPECT_EQ(trie.longest("a\xff").token, 6u);
  EXPECT_EQ(trie.longest("x").token, 0u);
  EXPECT_EQ(trie.longest("").length, 0u);
}

// Few and many letters, so that nodes with one child and with many are placed among each other.
TEST(ByteTrie, AgreesWithThePlainRuleOnRandomVocabularies) {
  for (const uint64_t letters : {2u, 5u, 256u}) {
    CounterRandom random(1, letters);
    std::set<std::string> unique;
    for (int i = 0; i < 2000; ++i) unique.insert(random_word(random, 6, letters));
    const std::vector<std::string> tokens(unique.begin(), unique.end());
    const ByteTrie trie(tokens);
    for (int i = 0; i < 2000; ++i) {
      const std::string text = random_word(random, 9, letters);
      size_t longest = text.size();
      while (longest > 0 && !unique.contains(text.substr(0, longest))) --longest;
      const ByteTrie::Match match = trie.longest(text);
      ASSERT_EQ(match.length, longest);
      if (longest == 0) continue;
      ASSERT_EQ(tokens[match.token - 1], text.substr(0, longest));
    }
  }
}

}  // namespace
}  // namespace greylag
