// SPDX-License-Identifier: Apache-2.0
// An engine that has answered ten thousand requests is as large as one that has answered a
// thousand. Each request brings 8 KiB, so that one that stays in memory is seen.
#include <gtest/gtest.h>

#include "core/base/platform.h"
#include "core/infer/roof.h"
#include "tests/api/api_client.h"
#include "tests/support/raw_client.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr int kAnswers = 10'000;
constexpr uint64_t kAllowedGrowth = 16ull << 20;  // of 80 MiB that the requests hold

class Client {
 public:
  explicit Client(const test::ApiEngine& engine) : engine_(engine) {}

  // Chat and completion, plain and streamed, refused, and streams that are cut.
  void ask(int number) {
    json body = {{"max_tokens", 1}, {"metadata", {{"pad", std::string(8192, 'p')}}}};
    const bool is_chat = number % 2 == 0;
    if (is_chat)
      body["messages"] = json::array({{{"role", "user"}, {"content", "a"}}});
    else
      body["prompt"] = "a";
    body["stream"] = number % 3 == 0;
    if (number % 5 == 0) body["temperature"] = "hot";
    const std::string path = is_chat ? "/v1/chat/completions" : "/v1/completions";
    if (number % 50 == 1) {
      body["stream"] = true;
      body["max_tokens"] = 1000;
      (void)engine_.hang_up_after(engine_.request("POST", path, body.dump(), {}), 300);
      return;
    }
    client_.forget();
    ASSERT_TRUE(client_.send(engine_.request("POST", path, body.dump(), {})));
    const char* end = number % 5 == 0 ? "\"error\"" : number % 3 == 0 ? "[DONE]" : "\"usage\"";
    ASSERT_NE(client_.read_until(end).find(end), std::string::npos) << client_.received();
  }

 private:
  const test::ApiEngine& engine_;
  test::RawClient client_{engine_.port()};
};

TEST(ApiMemory, StaysFlatOverTenThousandAnswers) {
  // With a roof the engine measures none, for which an idle one takes 256 MiB for a moment.
  const test::ApiEngine engine(
      [](EngineOptions& options) { options.scheduler.roof = std::make_shared<Roof>(1); });
  Client client(engine);
  int number = 0;
  while (number < kAnswers / 10 && !HasFatalFailure()) client.ask(number++);
  const uint64_t before = platform::memory_resident_bytes();
  while (number < kAnswers + kAnswers / 10 && !HasFatalFailure()) client.ask(number++);
  const uint64_t after = platform::memory_resident_bytes();
  EXPECT_LT(after, before + kAllowedGrowth);
  std::printf("resident memory: %+lld KiB over %d answers\n",
              (static_cast<long long>(after) - static_cast<long long>(before)) / 1024, kAnswers);
}

}  // namespace
}  // namespace greylag
