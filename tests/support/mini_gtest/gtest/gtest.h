// SPDX-License-Identifier: Apache-2.0
// A few words of GoogleTest's language for machines that have a compiler alone: TEST, the plain
// comparisons with a streamed message, GTEST_SKIP. Used by tests/gpu when GoogleTest is not found.
#pragma once

#include <cmath>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace testing {

struct Case {
  const char *suite, *name;
  void (*body)();
};
inline std::vector<Case> cases;
inline bool has_failed = false, is_skipped = false;

inline bool add_case(const char* suite, const char* name, void (*body)()) {
  cases.push_back({suite, name, body});
  return true;
}

// Collects what is streamed after a failed comparison and reports it at the end of the statement.
class Report {
 public:
  Report(const char* file, int line, bool is_skip) : is_skip_(is_skip) {
    text_ << file << ":" << line << ": ";
  }
  ~Report() {
    (is_skip_ ? is_skipped : has_failed) = true;
    std::cerr << text_.str() << "\n";
  }
  template <class T>
  Report& operator<<(const T& value) {
    text_ << value;
    return *this;
  }

 private:
  std::ostringstream text_;
  bool is_skip_;
};

// Lets `return Void() & Report(...) << x` leave a void function.
struct Void {
  void operator&(const Report&) const {}
};

inline int run_all() {
  int failures = 0;
  for (const Case& c : cases) {
    has_failed = is_skipped = false;
    c.body();
    failures += has_failed ? 1 : 0;
    std::cout << (has_failed   ? "[  FAILED  ] "
                  : is_skipped ? "[ SKIPPED  ] "
                               : "[       OK ] ")
              << c.suite << "." << c.name << "\n";
  }
  std::cout << cases.size() << " tests, " << failures << " failed\n";
  return failures == 0 ? 0 : 1;
}

}  // namespace testing

#define TEST(suite, name)                                        \
  static void suite##_##name##_body();                           \
  [[maybe_unused]] static const bool suite##_##name##_added =    \
      ::testing::add_case(#suite, #name, suite##_##name##_body); \
  static void suite##_##name##_body()
#define MINI_EXPECT(is_true, text) \
  if (is_true) {                   \
  } else                           \
    ::testing::Report(__FILE__, __LINE__, false) << text
#define MINI_ASSERT(is_true, text) \
  if (is_true) {                   \
  } else                           \
    return ::testing::Void() & ::testing::Report(__FILE__, __LINE__, false) << text
#define EXPECT_TRUE(a) MINI_EXPECT((a), #a " is false ")
#define EXPECT_FALSE(a) MINI_EXPECT(!(a), #a " is true ")
#define EXPECT_EQ(a, b) MINI_EXPECT((a) == (b), #a " != " #b " ")
#define EXPECT_NE(a, b) MINI_EXPECT((a) != (b), #a " == " #b " ")
#define EXPECT_LE(a, b) MINI_EXPECT((a) <= (b), #a " > " #b " ")
#define EXPECT_LT(a, b) MINI_EXPECT((a) < (b), #a " >= " #b " ")
#define EXPECT_GE(a, b) MINI_EXPECT((a) >= (b), #a " < " #b " ")
#define EXPECT_GT(a, b) MINI_EXPECT((a) > (b), #a " <= " #b " ")
#define EXPECT_NEAR(a, b, t) \
  MINI_EXPECT(std::abs((a) - (b)) <= (t), #a " is " << (a) << ", expected " << (b) << " ")
#define ASSERT_TRUE(a) MINI_ASSERT((a), #a " is false ")
#define ASSERT_EQ(a, b) MINI_ASSERT((a) == (b), #a " != " #b " ")
#define GTEST_SKIP() return ::testing::Void() & ::testing::Report(__FILE__, __LINE__, true)
