// SPDX-License-Identifier: Apache-2.0
// From a plan to the bytes of a reply: whose request it is, several prompts, several choices, the
// best of them.
#include "core/server/completion_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "core/infer/model_host.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using nlohmann::json;
using testing::ElementsAre;

HttpRequest request_of(Caller caller, const std::string& program) {
  HttpRequest request;
  request.caller = caller;
  request.headers = {{"user-agent", program}};
  return request;
}

TEST(ClientOfTest, WindowIsTheOwnerAndProgramsAreToldApartByName) {
  EXPECT_EQ(client_of(request_of(Caller::Control, "Greylag")), kOwner);
  const uint64_t editor = client_of(request_of(Caller::Api, "editor/1.0"));
  EXPECT_NE(editor, kOwner);
  EXPECT_EQ(editor, client_of(request_of(Caller::Api, "editor/1.0")));
  EXPECT_NE(editor, client_of(request_of(Caller::Api, "script/1.0")));
  EXPECT_NE(client_of(HttpRequest{}), kOwner) << "a program without a name is not the window";
}

TEST(BestOfTest, MeanPerTokenDecidesNotTheSum) {
  const std::vector<Likelihood> answers = {
      {.log_probability = -4, .tokens = 2},   // -2
      {.log_probability = -5, .tokens = 10},  // -0.5
      {.log_probability = 0, .tokens = 0},    // said nothing
      {.log_probability = -1, .tokens = 1},   // -1
      {.log_probability = -2, .tokens = 2},   // -1, later
  };
  EXPECT_THAT(best_of(answers, 3), ElementsAre(1, 3, 4));
  EXPECT_THAT(best_of(answers, 9), ElementsAre(1, 3, 4, 0, 2));
}

// A connection without a socket: work runs at once, under one lock, and the reply is kept.
class OneReply : public Exchange {
 public:
  explicit OneReply(HttpRequest request) : request_(std::move(request)) {}
  const HttpRequest& request() const override { return request_; }
  void reply(HttpResponse response) override {
    is_open_ = false;
    response_.set_value(std::move(response));
  }
  void begin_stream() override {}
  void send(std::string) override {}
  void finish() override {}
  bool is_open() const override { return is_open_; }
  size_t pending_bytes() const override { return 0; }
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work();
  }
  void on_close(std::function<void()>) override {}
  HttpResponse wait() { return response_.get_future().get(); }

 private:
  const HttpRequest request_;
  std::atomic<bool> is_open_ = true;
  std::recursive_mutex mutex_;  // one at a time, as on the connection's thread
  std::promise<HttpResponse> response_;
};

class CompletionJobTest : public testing::Test {
 protected:
  CompletionJobTest() {
    const std::filesystem::path path = dir_ / "tiny.safetensors";
    EXPECT_TRUE(test::write_tiny_checkpoint(path).ok());
    std::string why;
    host_ = ModelHost::load({.model = path, .vocabulary = {}}, gpu::make_device("cpu", 1, &why),
                            dir_.path())
                .value();
  }
  GenerationRequest generation(const std::string& prompt, int32_t choices) {
    GenerationRequest request;
    request.prompt = host_->tokenizer().encode(prompt);
    request.sampler = {};
    request.sampler.top_p = 1;
    request.sampler.seed = 5;
    request.max_tokens = 12;
    request.stop_tokens = {};
    request.choices = choices;
    return request;
  }
  json ask(CompletionPlan plan) {
    const auto exchange = std::make_shared<OneReply>(request_of(Caller::Api, "test"));
    CompletionJob::start(exchange, host_, std::move(plan), log_, log_.start("POST", ""), jobs_);
    const HttpResponse response = exchange->wait();
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body);
  }
  // The answer of choice `index` of generation(prompt, ...), and its mean log probability.
  std::pair<std::string, double> alone(const std::string& prompt, int32_t index) {
    GenerationRequest request = generation(prompt, 1);
    request.sampler.seed += static_cast<uint64_t>(index);
    request.top_log_probabilities = 0;
    double sum = 0;
    const auto result = generate(host_->scheduler(), request, [&](const GenerationEvent& event) {
      sum += event.log_probability;
      return true;
    });
    return {result->text, sum / static_cast<double>(result->last.completion_tokens)};
  }

  test::TempDir dir_;
  std::shared_ptr<ModelHost> host_;
  RequestLog log_{[](const protocol::RequestStatus&) {}};
  CompletionJobs jobs_;
};

TEST_F(CompletionJobTest, EachPromptHasItsChoicesInOrder) {
  CompletionPlan plan;
  plan.head.is_chat = false;
  plan.counted_prompt_tokens = 7;
  for (const char* prompt : {"abc", "wxyz"}) {
    plan.generations.push_back(generation(prompt, 2));
    plan.echoes.push_back(std::string(prompt) + ">");
  }
  plan.choices_given = 2;
  const json reply = ask(std::move(plan));
  ASSERT_EQ(reply["choices"].size(), 4u);
  for (int32_t i = 0; i < 4; ++i) {
    const std::string prompt = i < 2 ? "abc" : "wxyz";
    const json& choice = reply["choices"][static_cast<size_t>(i)];
    EXPECT_EQ(choice["index"], i);
    EXPECT_EQ(choice["text"], prompt + ">" + alone(prompt, i % 2).first);
  }
  EXPECT_EQ(reply["usage"]["prompt_tokens"], 7);
  EXPECT_EQ(reply["usage"]["completion_tokens"], 4 * 12);
}

TEST_F(CompletionJobTest, BestOfGivesTheLikeliestAndCountsAllThatWasMade) {
  CompletionPlan plan;
  plan.head.is_chat = false;
  plan.generations.push_back(generation("abc", 5));
  plan.generations.front().top_log_probabilities = 0;
  plan.echoes.emplace_back();
  plan.choices_given = 2;
  const json reply = ask(std::move(plan));
  std::vector<std::pair<std::string, double>> answers;
  for (int32_t i = 0; i < 5; ++i) answers.push_back(alone("abc", i));
  std::ranges::stable_sort(answers, std::greater(), [](const auto& one) { return one.second; });
  ASSERT_EQ(reply["choices"].size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(reply["choices"][i]["index"], i);
    EXPECT_EQ(reply["choices"][i]["text"], answers[i].first);
    EXPECT_TRUE(reply["choices"][i]["logprobs"].is_null()) << "nobody asked for them";
  }
  EXPECT_EQ(reply["usage"]["completion_tokens"], 5 * 12);
}

}  // namespace
}  // namespace greylag
