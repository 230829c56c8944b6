// SPDX-License-Identifier: Apache-2.0
// Who may come in: every combination of Host, Origin, target and token.
#include "core/server/access.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

constexpr int kPort = 17777;
const std::string kApi(40, 'a'), kControl(40, 'c');

struct Case {
  const char* host = "127.0.0.1:17777";
  const char* origin = nullptr;
  const char* token = "api";  // api | control | wrong | none | basic | empty
  const char* path = "/v1/models";
  int expected = 200;  // 400, 401, 403
  const char* site = nullptr;
  const char* method = "GET";
};

int outcome(const Case& c) {
  HttpRequest head;
  head.method = c.method;
  head.target = head.path = c.path;
  if (c.host != nullptr) head.headers.emplace_back("host", c.host);
  if (c.origin != nullptr) head.headers.emplace_back("origin", c.origin);
  if (c.site != nullptr) head.headers.emplace_back("sec-fetch-site", c.site);
  const std::string kind = c.token;
  if (kind == "api") head.headers.emplace_back("authorization", "Bearer " + kApi);
  if (kind == "control") head.headers.emplace_back("authorization", "bearer " + kControl);
  if (kind == "wrong") head.headers.emplace_back("authorization", "Bearer " + std::string(40, 'b'));
  if (kind == "basic") head.headers.emplace_back("authorization", "Basic " + kApi);
  if (kind == "empty") head.headers.emplace_back("authorization", "Bearer ");
  const Tokens tokens(kApi, kControl);
  const auto caller = check_access(head, kPort, tokens);
  if (caller) return 200;
  if (caller.error().code == ErrorCode::Unauthorized) return 401;
  return caller.error().code == ErrorCode::Forbidden ? 403 : 400;
}

class AccessTest : public testing::TestWithParam<Case> {};

TEST_P(AccessTest, LetsInOnlyWhatIsLawful) {
  const Case& c = GetParam();
  EXPECT_EQ(outcome(c), c.expected)
      << (c.host ? c.host : "(no host)") << " " << (c.origin ? c.origin : "") << " " << c.token
      << " " << c.path;
}

INSTANTIATE_TEST_SUITE_P(
    Matrix, AccessTest,
    testing::Values(
        Case{}, Case{.host = "localhost:17777"}, Case{.host = "[::1]:17777"},
        Case{.host = "LOCALHOST:17777"}, Case{.token = "control"},
        Case{.token = "control", .path = "/engine/status"},
        Case{.token = "none", .path = "/health"}, Case{.token = "wrong", .path = "/health"},
        // tokens
        Case{.token = "none", .expected = 401}, Case{.token = "wrong", .expected = 401},
        Case{.token = "basic", .expected = 401}, Case{.token = "empty", .expected = 401},
        Case{.token = "none", .path = "/engine/status", .expected = 401},
        Case{.path = "/engine/status", .expected = 403}, Case{.path = "/engine", .expected = 403},
        Case{.path = "/engine/runs/x", .expected = 403},
        Case{.token = "none", .path = "/nowhere", .expected = 401},
        Case{.token = "none", .path = "/health", .expected = 401, .method = "POST"},
        Case{.token = "none", .path = "/health/", .expected = 401},
        // DNS rebinding: the name decides, not the address
        Case{.host = "evil.test:17777", .expected = 403},
        Case{.host = "localhost.evil.test:17777", .expected = 403},
        Case{.host = "127.0.0.1.evil.test:17777", .expected = 403},
        Case{.host = "localhost.:17777", .expected = 403},
        Case{.host = "127.0.0.1:17778", .expected = 403},
        Case{.host = "127.0.0.1", .expected = 403}, Case{.host = "0.0.0.0:17777", .expected = 403},
        Case{.host = "2130706433:17777", .expected = 403},
        Case{.host = "0x7f000001:17777", .expected = 403},
        Case{.host = "127.1:17777", .expected = 403}, Case{.host = "[::]:17777", .expected = 403},
        Case{.host = "::1:17777", .expected = 403},
        Case{.host = "[::ffff:127.0.0.1]:17777", .expected = 403},
        Case{.host = "127.0.0.1:17777@evil.test", .expected = 403},
        Case{.host = "", .expected = 403}, Case{.host = nullptr, .expected = 400},
        Case{.host = "evil.test:17777", .token = "none", .path = "/health", .expected = 403},
        // web pages
        Case{.origin = "https://evil.test", .expected = 403},
        Case{.origin = "null", .expected = 403}, Case{.origin = "file://", .expected = 403},
        Case{.origin = "", .expected = 403},
        Case{.origin = "http://127.0.0.1:17777", .expected = 403},
        Case{.origin = "http://localhost:17777",
             .token = "none",
             .path = "/health",
             .expected = 403},
        Case{.expected = 403, .site = "cross-site"}, Case{.expected = 403, .site = "same-site"},
        Case{.site = "none"},
        // absolute-form
        Case{.path = "http://127.0.0.1:17777/v1/models", .expected = 400},
        Case{.path = "*", .expected = 400}));

TEST(Access, RefusesTwoHosts) {
  HttpRequest head;
  head.method = "GET";
  head.target = head.path = "/health";
  head.headers = {{"host", "127.0.0.1:17777"}, {"host", "127.0.0.1:17777"}};
  const Tokens tokens(kApi, kControl);
  EXPECT_FALSE(check_access(head, kPort, tokens).ok());
}

TEST(Tokens, ApiStaysAndControlChanges) {
  const test::TempDir dir;
  const Home home{dir.path()};
  const auto first = Tokens::open(home);
  ASSERT_TRUE(first.ok());
  const std::string api = read_text_file(home.api_token(), 4096)->substr(0, 67);
  const std::string control = read_text_file(home.control_token(), 4096)->substr(0, 67);
  EXPECT_EQ(api.size(), 67u);
  const auto second = Tokens::open(home);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->is_api(api));
  EXPECT_FALSE(second->is_control(control));
  EXPECT_TRUE(first->is_control(control));
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  for (const auto& file : {home.api_token(), home.control_token()}) {
    EXPECT_EQ(std::filesystem::status(file).permissions() & others, perms::none);
  }
}

TEST(Tokens, RenewingEndsTheOldOne) {
  const test::TempDir dir;
  const Home home{dir.path()};
  auto tokens = Tokens::open(home);
  ASSERT_TRUE(tokens.ok());
  const std::string old = read_text_file(home.api_token(), 4096)->substr(0, 67);
  const auto renewed = tokens->renew(home);
  ASSERT_TRUE(renewed.ok());
  EXPECT_FALSE(tokens->is_api(old));
  EXPECT_TRUE(tokens->is_api(*renewed));
}

}  // namespace
}  // namespace greylag
