// SPDX-License-Identifier: Apache-2.0
// What the clients of other servers send: each habit is answered sanely or refused by name, and the
// same engine answers the next one. The rules: docs/openai-api.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/api/api_client.h"
#include "tests/core/tokenizer/vocabularies.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kText = "/v1/completions";

// Four tokens, greedy; token 0, which ends an answer, is ruled out.
json plain_request(const char* path) {
  json request = {{"temperature", 0}, {"max_tokens", 4}, {"logit_bias", {{"0", -100}}}};
  if (path == kChat)
    request["messages"] = {{{"role", "user"}, {"content", "hello"}}};
  else
    request["prompt"] = "hello";
  return request;
}

class OpenAiHabits : public testing::Test {
 protected:
  // The plain request with these fields set.
  static ApiReply ask(const char* path, const std::string& fields) {
    json request = plain_request(path);
    request.update(json::parse("{" + fields + "}"));
    return engine_->post(path, request);
  }

  static void expect_answer(const char* path, const std::string& fields) {
    SCOPED_TRACE(std::string(path) + " " + fields);
    const ApiReply reply = ask(path, fields);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json body = reply.json();
    ASSERT_GE(body["choices"].size(), 1u);
    EXPECT_GT(body["usage"]["prompt_tokens"], 0);
    for (const json& choice : body["choices"]) {
      EXPECT_THAT(choice["finish_reason"], testing::AnyOf("stop", "length"));
      EXPECT_TRUE((path == kChat ? choice["message"]["content"] : choice["text"]).is_string());
    }
  }

  static void expect_refusal(const char* path, const std::string& fields, const char* param) {
    SCOPED_TRACE(std::string(path) + " " + fields);
    const ApiReply reply = ask(path, fields);
    ASSERT_EQ(reply.status, 400) << reply.body;
    const json error = reply.json()["error"];
    EXPECT_EQ(error["param"], param);
    EXPECT_EQ(error["type"], "invalid_request_error");
    EXPECT_THAT(error["message"].get<std::string>(), testing::HasSubstr(param));
  }

  static void SetUpTestSuite() { engine_ = std::make_unique<ApiEngine>(); }
  static void TearDownTestSuite() { engine_.reset(); }

  void TearDown() override {
    expect_answer(kChat, "");
    expect_answer(kText, "");
  }

  inline static std::unique_ptr<ApiEngine> engine_;  // one for all tests: it must survive them
};

TEST_F(OpenAiHabits, AreAnsweredOnBothRoutes) {
  for (const char* path : {kChat, kText}) {
    for (const char* fields :
         {R"("max_tokens":4.0)",
          R"("max_tokens":null,"logit_bias":{"0":100})",
          R"("max_tokens":-1,"logit_bias":{"0":100})",
          R"("max_tokens":100000,"logit_bias":{"0":100})",
          R"("max_completion_tokens":3)",
          R"("n":2.0)",
          R"("n":null,"best_of":null)",
          R"("temperature":4)",
          R"("temperature":1e9)",
          R"("temperature":-1)",
          R"("temperature":null)",
          R"("top_p":0,"temperature":1)",
          R"("top_p":1.7,"temperature":1)",
          R"("top_k":-1)",
          R"("top_k":0,"temperature":1)",
          R"("top_k":40.0)",
          R"("min_p":2,"temperature":1)",
          R"("frequency_penalty":9,"presence_penalty":-9)",
          R"("seed":-1)",
          R"("seed":7.0)",
          R"("seed":18446744073709551615)",
          R"("seed":-9223372036854775808)",
          R"("stop":null)",
          R"("stop":"")",
          R"("stop":[])",
          R"("stop":["",null,"zzz"])",
          R"("logit_bias":[])",
          R"("logit_bias":[[0,-100],["97",false]])",
          R"("logit_bias":{"65":"5.5","99999":300})",
          R"("logprobs":false)",
          R"("logprobs":null)",
          R"("logprobs":true)",
          R"("logprobs":0)",
          R"("stream_options":null)",
          R"("stream_options":{"include_usage":true})",
          R"("stream":null)",
          R"("reasoning_effort":"utmost")",
          R"("reasoning_effort":null)",
          R"("user":"u","store":false,"metadata":{"a":"b"},"service_tier":"auto")",
          R"("prediction":{"type":"content","content":"x"},"modalities":["text"],"audio":null)",
          R"("parallel_tool_calls":true,"tools":[],"tool_choice":"auto")",
          R"("tools":[{"type":"function"}],"tool_choice":"none")",
          R"("response_format":{"type":"text"},"grammar":"","json_schema":null)",
          R"("typical_p":1,"mirostat":0,"dry_multiplier":0,"xtc_probability":0,"repeat_penalty":1)",
          R"("unheard_of":{"a":[1,2,3]})"}) {
      expect_answer(path, fields);
    }
    json stops;
    for (int i = 0; i < 64; ++i)
      stops.push_back("\nName" + std::to_string(i) + std::string(900, ':'));
    expect_answer(path, "\"stop\":" + stops.dump());
  }
}

TEST_F(OpenAiHabits, InMessagesAreAnswered) {
  for (const char* messages :
       {R"([{"role":"user"}])",
        R"([{"role":"developer","content":"a"},{"role":"user","content":"b"}])",
        R"([{"role":"user","content":["a",{"type":"input_text","text":"b"}],"name":"Ann"}])",
        R"([{"role":"user","content":"a"},{"role":"assistant","content":null,"refusal":"no"},
            {"role":"user","content":"b"}])",
        R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking",
            "thinking":"hm"},{"type":"refusal","refusal":"no"}],"reasoning_content":"hm"},
            {"role":"user","content":"b"}])",
        R"([{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","type":
            "function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":
            "1","content":"3"}])",
        R"([{"role":"user","content":"a"},{"role":"function","name":"f","content":"3"}])",
        R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"}])"}) {
    expect_answer(kChat, "\"messages\":" + std::string(messages));
  }
}

TEST_F(OpenAiHabits, ThatCannotBeServedAreRefusedByName) {
  for (const char* path : {kChat, kText}) {
    for (const auto& [fields, param] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"("tools":[{"type":"function","function":{"name":"f"}}])", "tools"},
             {R"("functions":[{"name":"f"}])", "functions"},
             {R"("tool_choice":"required")", "tool_choice"},
             {R"("response_format":{"type":"json_object"})", "response_format"},
             {R"("grammar":"root ::= \"a\"")", "grammar"},
             {R"("guided_json":{})", "guided_json"},
             {R"("mirostat":2)", "mirostat"},
             {R"("typical_p":0.5)", "typical_p"},
             {R"("n":9)", "n"},
             {R"("temperature":"hot")", "temperature"},
             {R"("stop":[1])", "stop"}}) {
      expect_refusal(path, fields, param);
    }
  }
  expect_refusal(kText, R"("best_of":2,"stream":true)", "best_of");
  expect_refusal(kText, R"("n":2,"best_of":1)", "best_of");
  expect_refusal(kText, R"("suffix":"the end")", "suffix");  // the model's vocabulary is bytes
  expect_answer(kText, R"("suffix":"")");
  expect_answer(kText, R"("suffix":null)");
  const ApiReply image =
      ask(kChat, R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}])");
  EXPECT_EQ(image.status, 400);
  EXPECT_EQ(image.json()["error"]["param"], "messages[0].content");
}

TEST_F(OpenAiHabits, NoTokensIsAnEmptyAnswerToACountedPrompt) {
  const json chat = ask(kChat, R"("max_tokens":0)").json();
  EXPECT_EQ(chat["choices"][0]["message"]["content"], "");
  EXPECT_EQ(chat["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(chat["usage"]["completion_tokens"], 0);
  EXPECT_GT(chat["usage"]["prompt_tokens"], 0);
  const json text = ask(kText, R"("max_tokens":0,"echo":true)").json();
  EXPECT_EQ(text["choices"][0]["text"], "hello");
  EXPECT_EQ(text["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(text["usage"]["prompt_tokens"], 5);
  json stream = plain_request(kChat);
  stream["max_tokens"] = 0;
  stream["stream"] = true;
  EXPECT_EQ(engine_->post(kChat, stream).events().back(), "[DONE]");
}

TEST_F(OpenAiHabits, ABegunAnswerIsGoneOnWith) {
  // A bias towards blanks that wears off, so that the model's text begins with some.
  const std::string blanks =
      R"("max_tokens":12,"logit_bias":{"0":-100,"32":6},"frequency_penalty":2,"presence_penalty":2,)";
  const auto text_after = [&](const std::string& prompt) {
    const json body = ask(kText, blanks + "\"prompt\":" + json(prompt).dump()).json();
    return body["choices"][0]["text"].get<std::string>();
  };
  const auto chat_after = [&](const std::string& begun) {
    const json messages = {{{"role", "user"}, {"content", "Capital?"}},
                           {{"role", "assistant"}, {"content", begun}}};
    return ask(kChat, blanks + "\"messages\":" + messages.dump()).json();
  };
  const std::string prompt = "User: Capital?\n\nAssistant: It is";
  std::string expected = text_after(prompt);
  expected.erase(expected.find_last_not_of(" \n\t\r") + 1);
  ASSERT_THAT(expected, testing::StartsWith(" "));
  const json reply = chat_after("It is");
  EXPECT_EQ(reply["usage"]["prompt_tokens"], prompt.size());
  EXPECT_EQ(reply["choices"][0]["message"]["content"], expected);
  // Its blank at the end is no part of the prompt; the model's own then is no part of the answer.
  const json spaced = chat_after("It is ");
  EXPECT_EQ(spaced["usage"]["prompt_tokens"], prompt.size());
  expected.erase(0, expected.find_first_not_of(" \n\t\r"));
  EXPECT_EQ(spaced["choices"][0]["message"]["content"], expected);
}

TEST_F(OpenAiHabits, ASeedOfMinusOneIsNoSeed) {
  const auto answer = [](const char* seed) {
    return ask(kText,
               R"("max_tokens":24,"temperature":1,"top_p":1,"top_k":0,"seed":)" + std::string(seed))
        .json()["choices"][0]["text"];
  };
  EXPECT_EQ(answer("5"), answer("5.0"));
  EXPECT_NE(answer("-1"), answer("-1"));
}

TEST(OpenAiHabitsWorld, ASuffixReachesTheModelInItsTemplate) {
  const auto vocabulary = testing_data::world_file();
  if (vocabulary.empty()) GTEST_SKIP() << "no shared World vocabulary";
  const ApiEngine engine([&](EngineOptions& options) {
    std::filesystem::copy_file(vocabulary, options.home.tokenizers() / "rwkv_vocab_v20230424.txt");
    const auto model = options.home.models() / "tiny.safetensors";
    ASSERT_TRUE(test::write_tiny_checkpoint(model, {.layers = 1, .vocab = 65536}).ok());
  });
  const auto tokens = [&](json request) {
    request["max_tokens"] = 1;
    const ApiReply reply = engine.post(kText, request);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json()["usage"]["prompt_tokens"].get<int>();
  };
  const json filled = {{"prompt", "int f() {"}, {"suffix", "}"}};
  const int expected = tokens({{"prompt", "✿prefix✿✿suffix✿}✿middle✿int f() {"}});
  EXPECT_EQ(tokens(filled), expected);
  json echoed = filled;
  echoed["echo"] = true;
  echoed["max_tokens"] = 0;
  EXPECT_EQ(engine.post(kText, echoed).json()["choices"][0]["text"], "int f() {");
}

}  // namespace
}  // namespace greylag
