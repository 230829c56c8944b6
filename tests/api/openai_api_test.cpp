// SPDX-License-Identifier: Apache-2.0
// /v1 as a client sees it: shapes, streams, limits of a request, disconnects, many at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>

#include "tests/api/api_client.h"
#include "tests/support/raw_client.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;
using testing::HasSubstr;

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kText = "/v1/completions";

// Token 0 ends an answer; a random model may draw it, so it is ruled out.
json text_request(const std::string& prompt, int max_tokens) {
  return {{"model", "tiny"},
          {"prompt", prompt},
          {"temperature", 0},
          {"max_tokens", max_tokens},
          {"logit_bias", {{"0", -100}}}};
}

json chat_request(int max_tokens = 24) {
  return {{"model", "tiny"},
          {"messages", {{{"role", "user"}, {"content", "hello"}}}},
          {"temperature", 0},
          {"max_tokens", max_tokens},
          {"logit_bias", {{"0", -100}}}};
}

std::string text_of(const ApiReply& reply) { return reply.json()["choices"][0]["text"]; }

class OpenAiApi : public testing::Test {
 protected:
  ApiEngine engine_;
};

TEST_F(OpenAiApi, ListsItsModels) {
  const ApiReply list = engine_.call("GET", "/v1/models");
  ASSERT_EQ(list.status, 200);
  EXPECT_EQ(list.json()["object"], "list");
  EXPECT_EQ(list.json()["data"][0]["id"], "tiny");
  EXPECT_EQ(engine_.call("GET", "/v1/models/tiny").json()["object"], "model");
  const ApiReply unknown = engine_.call("GET", "/v1/models/nobody");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json()["error"]["code"], "model_not_found");
}

TEST_F(OpenAiApi, AnswersAChat) {
  const ApiReply reply = engine_.post(kChat, chat_request());
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json body = reply.json();
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_THAT(body["id"].get<std::string>(), testing::StartsWith("chatcmpl-"));
  EXPECT_EQ(body["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(body["choices"][0]["finish_reason"], "length");
  EXPECT_TRUE(body["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(body["usage"]["completion_tokens"], 24);
  EXPECT_EQ(body["usage"]["total_tokens"], body["usage"]["prompt_tokens"].get<int>() +
                                               body["usage"]["completion_tokens"].get<int>());
}

TEST_F(OpenAiApi, StreamsTheSameChat) {
  const std::string whole =
      engine_.post(kChat, chat_request()).json()["choices"][0]["message"]["content"];
  json request = chat_request();
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  const ApiReply reply = engine_.post(kChat, request);
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("text/event-stream; charset=utf-8"));
  const auto events = reply.events();
  ASSERT_GE(events.size(), 4u);
  EXPECT_EQ(events.back(), "[DONE]");
  const json first = json::parse(events[0]);
  EXPECT_EQ(first["object"], "chat.completion.chunk");
  EXPECT_EQ(first["choices"][0]["delta"], (json{{"role", "assistant"}, {"content", ""}}));
  std::string text;
  for (size_t i = 0; i + 3 < events.size(); ++i) {
    const json chunk = json::parse(events[i]);
    EXPECT_EQ(chunk["id"], first["id"]);
    EXPECT_EQ(chunk["created"], first["created"]);
    EXPECT_TRUE(chunk["choices"][0]["finish_reason"].is_null());
    EXPECT_TRUE(chunk["usage"].is_null());
    text += chunk["choices"][0]["delta"]["content"];
  }
  EXPECT_EQ(text, whole);
  const json end = json::parse(events[events.size() - 3]);
  EXPECT_EQ(end["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(end["choices"][0]["delta"], json::object());
  const json usage = json::parse(events[events.size() - 2]);
  EXPECT_EQ(usage["choices"], json::array());
  EXPECT_EQ(usage["usage"]["completion_tokens"], 24);
}

TEST_F(OpenAiApi, StopsAtAString) {
  const std::string whole = text_of(engine_.post(kText, text_request("abc", 60)));
  size_t at = whole.size() / 2;
  while (at < whole.size() && (static_cast<unsigned char>(whole[at]) & 0xC0) == 0x80) ++at;
  size_t end = at + 1;
  while (end < whole.size() && (static_cast<unsigned char>(whole[end]) & 0xC0) == 0x80) ++end;
  const std::string stop = whole.substr(at, end - at);
  json request = text_request("abc", 60);
  request["stop"] = json::array({"never comes", stop});
  const ApiReply reply = engine_.post(kText, request);
  EXPECT_EQ(text_of(reply), whole.substr(0, whole.find(stop)));
  EXPECT_EQ(reply.json()["choices"][0]["finish_reason"], "stop");
}

TEST_F(OpenAiApi, EqualSeedsGiveEqualText) {
  json request = text_request("abc", 40);
  request["temperature"] = 1.0;
  request["top_p"] = 1.0;
  request["seed"] = 5;
  const std::string first = text_of(engine_.post(kText, request));
  EXPECT_EQ(text_of(engine_.post(kText, request)), first);
  request["seed"] = 6;
  EXPECT_NE(text_of(engine_.post(kText, request)), first);
}

TEST_F(OpenAiApi, AnswersSeveralPromptsAndChoices) {
  json request = text_request("abc", 5);
  request["prompt"] = json::array({"abc", "xyz"});
  request["n"] = 2;
  request["echo"] = true;
  const json body = engine_.post(kText, request).json();
  ASSERT_EQ(body["choices"].size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(body["choices"][i]["index"], i);
  EXPECT_THAT(body["choices"][1]["text"].get<std::string>(), testing::StartsWith("abc"));
  EXPECT_THAT(body["choices"][2]["text"].get<std::string>(), testing::StartsWith("xyz"));
  EXPECT_EQ(body["usage"]["prompt_tokens"], 6);
  EXPECT_EQ(body["usage"]["completion_tokens"], 20);
  request = text_request("", 5);
  request["prompt"] = {97, 98, 99};
  EXPECT_EQ(text_of(engine_.post(kText, request)),
            text_of(engine_.post(kText, text_request("abc", 5))));
  request["prompt"] = {97, 256};
  EXPECT_EQ(engine_.post(kText, request).json()["error"]["param"], "prompt");
}

TEST(OpenAiApiRoof, SpeedComesWithItsShareOfTheLimit) {
  const ApiEngine engine([](EngineOptions& options) {
    options.scheduler.roof = std::make_shared<Roof>(MemoryBandwidth{.read = 1, .copy = 1}, 0);
  });
  const json body = engine.post(kChat, chat_request(6)).json();
  EXPECT_EQ(body["timings"].value("roof_share", 0.0), 1);
  const json requests = engine.call("GET", "/engine/requests").json()["requests"];
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0]["roof_share"], 1);
}

TEST_F(OpenAiApi, ShareOfTheLimitIsLeftOutWhileUnknown) {
  const json body = engine_.post(kChat, chat_request(6)).json();
  EXPECT_FALSE(body["timings"].contains("roof_share"));
  EXPECT_EQ(engine_.call("GET", "/engine/requests").json()["requests"][0]["roof_share"], 0);
}

TEST_F(OpenAiApi, GivesLogProbabilities) {
  json request = chat_request(4);
  request["logprobs"] = true;
  request["top_logprobs"] = 3;
  const json content = engine_.post(kChat, request).json()["choices"][0]["logprobs"]["content"];
  ASSERT_EQ(content.size(), 4u);
  EXPECT_LE(content[0]["logprob"].get<double>(), 0);
  EXPECT_EQ(content[0]["top_logprobs"].size(), 3u);
}

TEST_F(OpenAiApi, BestOfGivesTheLikeliestOfMore) {
  json request = text_request("abc", 6);
  request["temperature"] = 1.0;
  request["top_p"] = 1.0;
  request["seed"] = 5;
  request["n"] = 8;
  request["logprobs"] = 0;
  std::vector<std::pair<double, std::string>> all;
  const json eight = engine_.post(kText, request).json();
  for (const json& choice : eight["choices"]) {
    double mean = 0;
    const json& drawn = choice["logprobs"]["token_logprobs"];
    for (const json& value : drawn) mean += value.get<double>() / static_cast<double>(drawn.size());
    all.emplace_back(mean, choice["text"]);
  }
  ASSERT_EQ(all.size(), 8u);
  std::ranges::sort(all, std::greater());
  ASSERT_NE(all[0].second, all[7].second);
  request.erase("logprobs");
  request["n"] = 2;
  request["best_of"] = 8;
  const json choices = engine_.post(kText, request).json()["choices"];
  ASSERT_EQ(choices.size(), 2u);
  EXPECT_EQ(choices[0]["text"], all[0].second);
  EXPECT_EQ(choices[1]["text"], all[1].second);
  EXPECT_EQ(choices[1]["index"], 1);
  EXPECT_TRUE(choices[0]["logprobs"].is_null());
}

TEST_F(OpenAiApi, RefusesByName) {
  json request = chat_request();
  request["model"] = "nobody";
  ApiReply reply = engine_.post(kChat, request);
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.json()["error"]["code"], "model_not_found");
  request = chat_request();
  request["adapter"] = "nobody";
  reply = engine_.post(kChat, request);
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.json()["error"]["param"], "adapter");
  request = chat_request();
  request["temperature"] = "hot";
  reply = engine_.post(kChat, request);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["error"]["param"], "temperature");
  EXPECT_EQ(reply.json()["error"]["type"], "invalid_request_error");
  reply = engine_.call("POST", kChat, "{\"messages\":");
  EXPECT_EQ(reply.status, 400);
  EXPECT_TRUE(reply.json()["error"]["message"].is_string());
}

TEST_F(OpenAiApi, DisconnectFreesTheSlot) {
  json request = chat_request(32'000);
  request["stream"] = true;
  const std::string bytes = engine_.request("POST", kChat, request.dump(), {});
  EXPECT_THAT(engine_.hang_up_after(bytes, 2'000), HasSubstr("data: "));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  json status;
  do {
    status = engine_.call("GET", "/engine/status").json();
  } while (status["running"] != 0 && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(status["running"], 0);
  const json log = engine_.call("GET", "/engine/requests").json();
  EXPECT_EQ(log["requests"][0]["state"], "cancelled");
}

TEST_F(OpenAiApi, EightStreamsAtOnceEqualTheSerialRun) {
  const auto ask = [&](int i) {
    json request = text_request("prompt number " + std::to_string(i), 48);
    request["stream"] = true;
    std::string text;
    for (const auto& event : engine_.post(kText, request).events()) {
      if (event != "[DONE]") text += json::parse(event)["choices"][0]["text"];
    }
    return text;
  };
  std::vector<std::string> serial;
  for (int i = 0; i < 8; ++i) serial.push_back(ask(i));
  std::vector<std::future<std::string>> together;
  for (int i = 0; i < 8; ++i) together.push_back(std::async(std::launch::async, ask, i));
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(together[i].get(), serial[i]) << i;
}

TEST(OpenAiApiLimits, AFullQueueIs429) {
  ApiEngine engine([](EngineOptions& options) {
    options.scheduler.slots = 1;
    options.scheduler.queue_limit = 1;
  });
  json request = chat_request(5'000);
  request["n"] = 8;
  const ApiReply reply = engine.post(kChat, request);
  EXPECT_EQ(reply.status, 429) << reply.body;
  EXPECT_THAT(reply.head, HasSubstr("Retry-After: "));
  // What was taken in before the refusal ends within a step; then there is room again.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int status = 429;
  while (status == 429 && std::chrono::steady_clock::now() < deadline) {
    status = engine.post(kChat, chat_request(3)).status;
  }
  EXPECT_EQ(status, 200);
}

TEST(OpenAiApiLimits, AClientWithItsShareLeavesAPlaceToTheNext) {
  ApiEngine engine([](EngineOptions& options) {
    options.scheduler.slots = 1;
    options.scheduler.queue_limit = 4;  // of these a client never takes the last one
  });
  const auto request_of = [&](const std::string& client, json body) {
    const std::string bytes = body.dump();
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:" +
           std::to_string(engine.port()) + "\r\nAuthorization: Bearer " + engine.api_token() +
           "\r\nUser-Agent: " + client +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(bytes.size()) +
           "\r\n\r\n" + bytes;
  };
  json endless = chat_request(1'000'000);
  endless["stream"] = true;
  std::vector<std::unique_ptr<test::RawClient>> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_unique<test::RawClient>(engine.port()));
    ASSERT_TRUE(streams.back()->send(request_of("greedy/1", endless)));
    ASSERT_THAT(streams.back()->read_until("data: "), HasSubstr(" 200 ")) << i;
  }
  const ApiReply refused = engine.raw(request_of("greedy/1", chat_request(1)));
  EXPECT_EQ(refused.status, 429) << refused.body;
  const ApiReply other = engine.raw(request_of("modest/1", chat_request(1)));
  EXPECT_EQ(other.status, 200) << other.body;
}

TEST(OpenAiApiLimits, AStoppingEngineEndsStreamsWithAWord) {
  auto engine = std::make_unique<ApiEngine>();
  json request = chat_request(32'000);
  request["stream"] = true;
  const std::string bytes = engine->request("POST", kChat, request.dump(), {});
  auto reply = std::async(std::launch::async, [&, raw = engine.get()] { return raw->raw(bytes); });
  while (engine->call("GET", "/engine/status").json()["running"] == 0) continue;
  EXPECT_EQ(engine->call("POST", "/engine/shutdown").status, 200);
  engine->stop();
  const auto events = reply.get().events();
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events.back(), "[DONE]");
  // Or its own end: a stopping engine gives streams two seconds, enough for this model now and
  // then.
  EXPECT_THAT(events[events.size() - 2],
              testing::AnyOf(HasSubstr("\"error\""), HasSubstr("\"finish_reason\":\"length\"")));
}

TEST_F(OpenAiApi, ReasoningEffortIsTheEffortOfTheCore) {
  const Config config =
      read_config(**open_checkpoint(engine_.dir() / "home" / "models" / "tiny.safetensors"))
          .value();
  ASSERT_TRUE(test::write_tiny_core(engine_.dir() / "home" / "adapters" / "core.safetensors",
                                    {.base = config, .recursion = {3, 1}})
                  .ok());
  const auto answer = [&](json more) {
    json request = text_request("reason", 12);
    if (!more.is_null()) request.update(more);
    const ApiReply reply = engine_.post(kText, request);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.status == 200 ? text_of(reply) : "";
  };
  const std::string base = answer({});
  const std::string all = answer({{"hrm", "core"}});
  EXPECT_NE(all, base);
  EXPECT_EQ(answer({{"adapter", "core"}}), all);
  EXPECT_EQ(answer({{"hrm", "core"}, {"reasoning_effort", "high"}}), all);
  EXPECT_EQ(answer({{"hrm", "core"}, {"reasoning_effort", "none"}}), base);
  EXPECT_EQ(answer({{"hrm", "core"}, {"hrm_strength", 0}}), base);
  EXPECT_EQ(answer({{"hrm", "core"}, {"reasoning_effort", "low"}}),
            answer({{"hrm", "core"}, {"hrm_effort", 1}}));
  EXPECT_EQ(answer({{"hrm", "core"}, {"reasoning_effort", "medium"}}),
            answer({{"hrm", "core"}, {"hrm_effort", 2}}));
  EXPECT_EQ(answer({{"reasoning_effort", "low"}}), base) << "without a core it does nothing";
  const json listed = engine_.call("GET", "/engine/adapters").json()["adapters"][0];
  EXPECT_EQ(listed["method"], "hrm");
  EXPECT_EQ(listed["cycles"], 3);

  EXPECT_EQ(answer({{"hrm", "core"}, {"reasoning_effort", "utmost"}}), all)
      << "an unknown word asks for what no word asks for";
  json request = text_request("reason", 1);
  request["hrm"] = "nobody";
  EXPECT_EQ(engine_.post(kText, request).json()["error"]["param"], "hrm");
}

}  // namespace
}  // namespace greylag
