// SPDX-License-Identifier: Apache-2.0
// What comes in becomes a struct or a refusal that names the field; what goes out is well framed.
#include <gtest/gtest.h>

#include "core/server/completion_job.h"
#include "core/server/openai_request.h"
#include "core/server/router.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

const std::string kMessages = R"("messages":[{"role":"user","content":"hi"}])";

std::string param_of(const std::string& fields) {
  std::string param = "(accepted)";
  const auto request = parse_chat_request("{" + kMessages + "," + fields + "}", &param);
  if (!request) {
    EXPECT_EQ(request.error().code, ErrorCode::InvalidArgument);
  }
  return param;
}

CompletionRequest parsed(const std::string& body) {
  std::string param;
  const auto request = parse_chat_request(body, &param);
  EXPECT_TRUE(request.ok()) << param;
  return request ? *request : CompletionRequest{};
}

TEST(ChatRequest, ReadsEveryField) {
  const auto r = parsed("{" + kMessages +
                        R"(,"model":"m","adapter":"a","state":"s","stream":true,"n":3,
    "stream_options":{"include_usage":true},"max_tokens":7,"temperature":0,"top_p":0.25,"top_k":9,
    "min_p":0.1,"presence_penalty":-1,"frequency_penalty":1.5,"penalty_decay":0.9,"seed":-1,
    "stop":["x","y"],"stop_token_ids":[5],"logit_bias":{"17":-100},"logprobs":true,
    "top_logprobs":4,"user":"u","metadata":{},"store":false})");
  EXPECT_EQ(r.model + r.adapter + r.state, "mas");
  EXPECT_TRUE(r.is_stream && r.includes_usage);
  EXPECT_EQ(r.choices, 3);
  EXPECT_EQ(r.max_tokens, 7);
  EXPECT_EQ(r.temperature, 0.0);
  EXPECT_EQ(r.top_k, 9);
  EXPECT_EQ(r.seed, UINT64_MAX);
  EXPECT_EQ(r.stops, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(r.stop_tokens, std::vector<int32_t>{5});
  EXPECT_EQ(r.logit_bias.at(17), -100);
  EXPECT_EQ(r.top_log_probabilities, 4);
}

TEST(ChatRequest, NullMeansAbsent) {
  const auto r =
      parsed("{" + kMessages + R"(,"max_tokens":null,"stop":null,"seed":null,"n":null})");
  EXPECT_FALSE(r.max_tokens.has_value());
  EXPECT_EQ(r.choices, 1);
}

TEST(ChatRequest, AcceptsEveryRoleAndTextParts) {
  const auto r = parsed(R"({"messages":[{"role":"system","content":"a"},
    {"role":"developer","content":"b"},{"role":"user","content":[{"type":"text","text":"c"},
    {"type":"text","text":"d"}]},{"role":"assistant","content":null,
    "tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"1","content":"e"}],"max_completion_tokens":5,"stop":"z"})");
  ASSERT_EQ(r.messages.size(), 5u);
  EXPECT_EQ(r.messages[1].role, Role::System);
  EXPECT_EQ(r.messages[2].text, "cd");
  EXPECT_EQ(r.messages[3].text, "\nFunction call: f({})");
  EXPECT_EQ(r.messages[4].text, "Function output: e");
  EXPECT_EQ(r.max_tokens, 5);
  EXPECT_EQ(r.stops, std::vector<std::string>{"z"});
}

TEST(ChatRequest, RefusalsNameTheField) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("temperature":-0.1)", "temperature"},
      {R"("temperature":2.1)", "temperature"},
      {R"("temperature":"hot")", "temperature"},
      {R"("temperature":1e999)", ""},
      {R"("top_p":1.01)", "top_p"},
      {R"("min_p":-1)", "min_p"},
      {R"("top_k":1.5)", "top_k"},
      {R"("n":0)", "n"},
      {R"("n":9)", "n"},
      {R"("max_tokens":0)", "max_tokens"},
      {R"("max_tokens":32769)", "max_tokens"},
      {R"("max_completion_tokens":-5)", "max_completion_tokens"},
      {R"("seed":1.5)", "seed"},
      {R"("seed":18446744073709551615)", "seed"},
      {R"("stream":"yes")", "stream"},
      {R"("stream_options":[])", "stream_options"},
      {R"("stop":5)", "stop"},
      {R"("stop":[""])", "stop"},
      {R"("stop":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"])",
       "stop"},
      {R"("stop_token_ids":[-1])", "stop_token_ids"},
      {R"("logit_bias":{"x":1})", "logit_bias"},
      {R"("logit_bias":{"1":101})", "logit_bias"},
      {R"("logit_bias":[1])", "logit_bias"},
      {R"("presence_penalty":3)", "presence_penalty"},
      {R"("frequency_penalty":-3)", "frequency_penalty"},
      {R"("penalty_decay":2)", "penalty_decay"},
      {R"("top_logprobs":5)", "top_logprobs"},
      {R"("logprobs":true,"top_logprobs":21)", "top_logprobs"},
      {R"("response_format":{"type":"json_schema"})", "response_format"},
      {R"("response_format":{"type":"json_object"})", "response_format"},
      {R"("tool_choice":"required")", "tool_choice"},
      {R"("tool_choice":{"type":"function"})", "tool_choice"},
      {R"("modalities":["audio"])", "modalities"},
      {R"("model":5)", "model"},
  };
  for (const auto& [fields, expected] : cases) {
    const std::string found = param_of(fields);
    if (*expected == '\0')
      EXPECT_NE(found, "") << fields;
    else
      EXPECT_EQ(found, expected) << fields;
  }
  EXPECT_EQ(param_of(R"("response_format":{"type":"text"},"tool_choice":"auto","tools":[])"),
            "(accepted)");
}

TEST(ChatRequest, RefusalsNameTheMessage) {
  const auto param_in = [](const std::string& messages) {
    std::string param;
    EXPECT_FALSE(parse_chat_request("{\"messages\":" + messages + "}", &param).ok());
    return param;
  };
  EXPECT_EQ(param_in("[]"), "messages");
  EXPECT_EQ(param_in("5"), "messages");
  EXPECT_EQ(param_in(R"([{"content":"x"}])"), "messages[0]");
  EXPECT_EQ(param_in(R"([{"role":"king","content":"x"}])"), "messages[0].role");
  EXPECT_EQ(param_in(R"([{"role":"user","content":5}])"), "messages[0].content");
  EXPECT_EQ(param_in(R"([{"role":"user","content":[{"type":"image_url","image_url":{}}]}])"),
            "messages[0].content");
}

TEST(CompletionRequestTest, ReadsEveryKindOfPrompt) {
  std::string param;
  const auto text = parse_completion_request(R"({"prompt":"a","echo":true})", &param);
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(text->echoes_prompt);
  EXPECT_EQ(parse_completion_request(R"({"prompt":["a","b"]})", &param)->prompts.size(), 2u);
  EXPECT_EQ(parse_completion_request(R"({"prompt":[1,2,3]})", &param)->prompts.size(), 1u);
  EXPECT_EQ(
      parse_completion_request(R"({"prompt":[[1],[2]],"logprobs":3})", &param)->prompts.size(), 2u);
  for (const char* bad : {R"({})", R"({"prompt":[]})", R"({"prompt":[-1]})", R"({"prompt":[{}]})",
                          R"({"prompt":5})"}) {
    EXPECT_FALSE(parse_completion_request(bad, &param).ok()) << bad;
    EXPECT_EQ(param, "prompt");
  }
  EXPECT_FALSE(parse_completion_request(R"({"prompt":"a","suffix":"b"})", &param).ok());
  EXPECT_EQ(param, "suffix");
  EXPECT_FALSE(parse_completion_request(R"({"prompt":"a","best_of":2})", &param).ok());
  EXPECT_EQ(param, "best_of");
}

TEST(Sse, FramesOneEvent) {
  EXPECT_EQ(sse_data("{}"), "data: {}\n\n");
  EXPECT_EQ(sse_event("run", "{\"a\":1}"), "event: run\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(sse_data("a\nb\r\nc"), "data: a\ndata: b\ndata: c\n\n");
  EXPECT_EQ(kSseDone, "data: [DONE]\n\n");
}

TEST(AnswerTrimmerTest, DropsBlanksAtBothEndsOnly) {
  AnswerTrimmer trimmer;
  std::string out;
  for (const char* piece : {" ", "\n Hello", " ", "big", "\n\n", "world", "\n\n"}) {
    out += trimmer.push(piece);
  }
  EXPECT_EQ(out, "Hello big\n\nworld");
}

TEST(AnswerTrimmerTest, KeepsTheBlankThatGoesOnWithABegunAnswer) {
  AnswerTrimmer trimmer(/*keeps_first=*/true);
  EXPECT_EQ(trimmer.push(" "), "");
  EXPECT_EQ(trimmer.push("France.\n"), " France.");
}

TEST(RouterTest, TellsUnknownPathFromWrongMethod) {
  Router router;
  router.add("GET", "/a/{}", [](const HttpRequest&) { return HttpResponse{}; });
  const auto found = router.find("GET", "/a/x%2Fy");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->arguments, std::vector<std::string>{"x/y"});
  EXPECT_EQ(router.find("POST", "/a/x").error().code, ErrorCode::MethodNotAllowed);
  for (const char* path : {"/", "/a", "/a/", "/a/x/y", "/b/x", "/%61/x"}) {
    EXPECT_EQ(router.find("GET", path).error().code, ErrorCode::NotFound) << path;
  }
  for (const char* path : {"/a/%", "/a/%zz", "/a/%00"}) {
    EXPECT_EQ(router.find("GET", path).error().code, ErrorCode::InvalidArgument) << path;
  }
}

}  // namespace
}  // namespace greylag
