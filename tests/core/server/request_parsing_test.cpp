// SPDX-License-Identifier: Apache-2.0
// What comes in becomes a struct or a refusal that names the field; what goes out is well framed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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
    "min_p":0.1,"presence_penalty":-1,"frequency_penalty":1.5,"penalty_decay":0.9,"seed":18446744073709551615,
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

TEST(ChatRequest, NumbersBeyondARangeAreClamped) {
  const auto with = [](const std::string& fields) {
    return parsed("{" + kMessages + "," + fields + "}");
  };
  EXPECT_EQ(with(R"("max_tokens":-1)").max_tokens, kMaxTokens);
  EXPECT_EQ(with(R"("max_tokens":-2.0)").max_tokens, kMaxTokens);
  EXPECT_EQ(with(R"("max_tokens":0)").max_tokens, 0);
  EXPECT_EQ(with(R"("max_tokens":100000)").max_tokens, kMaxTokens);
  EXPECT_EQ(with(R"("max_tokens":1e300)").max_tokens, kMaxTokens);
  EXPECT_EQ(with(R"("max_tokens":24.0)").max_tokens, 24);
  EXPECT_EQ(with(R"("max_tokens":5,"max_completion_tokens":-1)").max_tokens, kMaxTokens);
  EXPECT_EQ(with(R"("max_tokens":5,"max_completion_tokens":null)").max_tokens, 5);
  EXPECT_EQ(with(R"("temperature":7)").temperature, 5.0);
  EXPECT_EQ(with(R"("temperature":2.5)").temperature, 2.5);
  EXPECT_EQ(with(R"("temperature":-0.1)").temperature, 0.0);
  EXPECT_EQ(with(R"("top_p":0)").top_p, 0.0);
  EXPECT_EQ(with(R"("top_p":1.5)").top_p, 1.0);
  EXPECT_EQ(with(R"("min_p":-1)").min_p, 0.0);
  EXPECT_EQ(with(R"("top_k":-1)").top_k, 0);
  EXPECT_EQ(with(R"("top_k":0)").top_k, 0);
  EXPECT_EQ(with(R"("top_k":40.0)").top_k, 40);
  EXPECT_EQ(with(R"("top_k":4294967296)").top_k, 1'000'000);
  EXPECT_EQ(with(R"("presence_penalty":3)").presence_penalty, 2.0);
  EXPECT_EQ(with(R"("frequency_penalty":-3)").frequency_penalty, -2.0);
  EXPECT_EQ(with(R"("penalty_decay":2)").penalty_decay, 1.0);
  EXPECT_EQ(with(R"("n":2.0)").choices, 2);
  EXPECT_EQ(with(R"("hrm_strength":3,"hrm_effort":0)").hrm_strength, 1.0);
}

TEST(ChatRequest, AnyWholeNumberIsASeedAndMinusOneIsNone) {
  const auto seed = [](const std::string& value) {
    return parsed("{" + kMessages + ",\"seed\":" + value + "}").seed;
  };
  EXPECT_EQ(seed("7.0"), 7u);
  EXPECT_EQ(seed("-2"), UINT64_MAX - 1);
  EXPECT_EQ(seed("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(seed("18446744073709551616"), static_cast<uint64_t>(INT64_MAX));
  EXPECT_EQ(seed("-1"), std::nullopt);
  EXPECT_EQ(seed("null"), std::nullopt);
}

TEST(ChatRequest, StopsComeInEverySpelling) {
  const auto stops = [](const std::string& value) {
    return parsed("{" + kMessages + ",\"stop\":" + value + "}").stops;
  };
  using Stops = std::vector<std::string>;
  for (const char* none : {"null", "\"\"", "[]", "[\"\"]", "[null,\"\"]"}) {
    EXPECT_EQ(stops(none), Stops{}) << none;
  }
  EXPECT_EQ(stops("\"x\""), Stops{"x"});
  EXPECT_EQ(stops(R"(["","\n\n"])"), Stops{"\n\n"});
  nlohmann::json list;
  for (int i = 0; i < 64; ++i) list.push_back(std::to_string(i) + std::string(1000, 'x'));
  EXPECT_EQ(stops(list.dump()).size(), 64u);
  list.push_back("");
  EXPECT_EQ(stops(list.dump()).size(), 64u);
  list.push_back("one more");
  EXPECT_EQ(param_of("\"stop\":" + list.dump()), "stop");
  EXPECT_EQ(param_of("\"stop\":\"" + std::string(1025, 'x') + "\""), "stop");
  EXPECT_EQ(parsed("{" + kMessages + R"(,"stop_token_ids":[5.0,-1,99999999999]})").stop_tokens,
            std::vector<int32_t>{5});
}

TEST(ChatRequest, BiasesComeInEverySpelling) {
  const auto bias = [](const std::string& value) {
    return parsed("{" + kMessages + ",\"logit_bias\":" + value + "}").logit_bias;
  };
  using Bias = std::map<int32_t, double>;
  for (const char* none : {"null", "{}", "[]", R"({"-1":5,"99999999999":1})"}) {
    EXPECT_EQ(bias(none), Bias{}) << none;
  }
  EXPECT_EQ(bias(R"({"1":-500,"2":"3.5","3.0":1e5})"), (Bias{{1, -100}, {2, 3.5}, {3, 100}}));
  EXPECT_EQ(bias(R"([[1,-5],["2",false],[3.0,"7"]])"), (Bias{{1, -5}, {2, -100}, {3, 7}}));
}

TEST(ChatRequest, LogProbabilitiesAreAskedForByLogprobs) {
  const auto top = [](const std::string& fields) {
    return parsed("{" + kMessages + "," + fields + "}").top_log_probabilities;
  };
  EXPECT_EQ(top(R"("logprobs":false)"), -1);
  EXPECT_EQ(top(R"("logprobs":null,"top_logprobs":null)"), -1);
  EXPECT_EQ(top(R"("logprobs":0)"), -1);
  EXPECT_EQ(top(R"("top_logprobs":0)"), -1);
  EXPECT_EQ(top(R"("logprobs":false,"top_logprobs":5)"), -1);
  EXPECT_EQ(top(R"("logprobs":true)"), 0);
  EXPECT_EQ(top(R"("logprobs":1,"top_logprobs":20.0)"), 20);
  EXPECT_EQ(param_of(R"("top_logprobs":5)"), "top_logprobs");
}

TEST(ChatRequest, WhatIsNoInterestOfOursIsIgnored) {
  EXPECT_EQ(param_of(R"("reasoning_effort":"utmost","stream_options":null,"user":"u","store":true,
    "metadata":{"a":[1]},"service_tier":"auto","prediction":{"type":"content"},"verbosity":"low",
    "parallel_tool_calls":true,"modalities":["text"],"audio":null,"cache_prompt":true,
    "chat_template_kwargs":{"enable_thinking":false},"stream":0,"best_of":4)"),
            "(accepted)");
  EXPECT_FALSE(parsed("{" + kMessages + R"(,"stream_options":{"include_usage":true}})").is_stream);
}

TEST(ChatRequest, RefusalsNameTheField) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("temperature":"hot")", "temperature"},
      {R"("temperature":1e999)", ""},
      {R"("top_k":1.5)", "top_k"},
      {R"("n":0)", "n"},
      {R"("n":9)", "n"},
      {R"("n":1.5)", "n"},
      {R"("max_tokens":"all")", "max_tokens"},
      {R"("max_tokens":1.5)", "max_tokens"},
      {R"("max_completion_tokens":[])", "max_completion_tokens"},
      {R"("seed":1.5)", "seed"},
      {R"("seed":"1")", "seed"},
      {R"("stream":"yes")", "stream"},
      {R"("stream":2)", "stream"},
      {R"("stream_options":[])", "stream_options"},
      {R"("stream_options":{"include_usage":"x"})", "stream_options.include_usage"},
      {R"("stop":5)", "stop"},
      {R"("stop":[5])", "stop"},
      {R"("stop_token_ids":["x"])", "stop_token_ids"},
      {R"("stop_token_ids":5)", "stop_token_ids"},
      {R"("logit_bias":{"x":1})", "logit_bias"},
      {R"("logit_bias":{"1.5":1})", "logit_bias"},
      {R"("logit_bias":{"1":"hot"})", "logit_bias"},
      {R"("logit_bias":{"1":"inf"})", "logit_bias"},
      {R"("logit_bias":[1])", "logit_bias"},
      {R"("logit_bias":[["Hello",1]])", "logit_bias"},
      {R"("logit_bias":5)", "logit_bias"},
      {R"("logprobs":5)", "logprobs"},
      {R"("logprobs":true,"top_logprobs":21)", "top_logprobs"},
      {R"("reasoning_effort":5)", "reasoning_effort"},
      {R"("model":5)", "model"},
  };
  for (const auto& [fields, expected] : cases) {
    const std::string found = param_of(fields);
    if (*expected == '\0')
      EXPECT_NE(found, "") << fields;
    else
      EXPECT_EQ(found, expected) << fields;
  }
}

TEST(ChatRequest, WhatCannotBeDoneIsRefusedByName) {
  const std::string tool = R"([{"type":"function","function":{"name":"f"}}])";
  const std::pair<std::string, const char*> cases[] = {
      {"\"tools\":" + tool, "tools"},
      {"\"tools\":" + tool + R"(,"tool_choice":"auto")", "tools"},
      {R"("functions":[{"name":"f"}])", "functions"},
      {R"("tool_choice":"required")", "tool_choice"},
      {R"("tool_choice":{"type":"function"})", "tool_choice"},
      {R"("function_call":{"name":"f"})", "function_call"},
      {R"("response_format":{"type":"json_schema"})", "response_format"},
      {R"("response_format":{"type":"json_object"})", "response_format"},
      {R"("response_format":{})", "response_format"},
      {R"("modalities":["text","audio"])", "modalities"},
      {R"("audio":{"voice":"x"})", "audio"},
      {R"("web_search_options":{})", "web_search_options"},
      {R"("grammar":"root ::= \"a\"")", "grammar"},
      {R"("json_schema":{})", "json_schema"},
      {R"("bnf_schema":"start::='a';")", "bnf_schema"},
      {R"("guided_json":{"type":"object"})", "guided_json"},
      {R"("guided_choice":["a"])", "guided_choice"},
      {R"("typical_p":0.9)", "typical_p"},
      {R"("mirostat":2)", "mirostat"},
      {R"("dry_multiplier":0.8)", "dry_multiplier"},
      {R"("xtc_probability":0.5)", "xtc_probability"},
      {R"("repeat_penalty":1.1)", "repeat_penalty"},
      {R"("min_tokens":5)", "min_tokens"},
      {R"("ignore_eos":true)", "ignore_eos"},
  };
  for (const auto& [fields, expected] : cases) EXPECT_EQ(param_of(fields), expected) << fields;
}

TEST(ChatRequest, WhatIsSwitchedOffIsAccepted) {
  for (const std::string fields :
       {R"("tools":[{"type":"function"}],"tool_choice":"none")",
        R"("functions":[{"name":"f"}],"function_call":"none")",
        R"("tools":[],"functions":[],"tool_choice":"auto","response_format":{"type":"text"})",
        R"("tools":null,"tool_choice":null,"response_format":null,"modalities":null)",
        R"("grammar":"","json_schema":null,"guided_json":null,"guided_choice":[])",
        R"("typical_p":1.0,"tfs_z":1,"mirostat":0,"mirostat_tau":5,"mirostat_eta":0.1)",
        R"("dry_multiplier":0.0,"dry_base":1.75,"xtc_probability":0,"xtc_threshold":0.1)",
        R"("repeat_penalty":1,"repetition_penalty":1.0,"top_n_sigma":-1,"ignore_eos":false)"}) {
    EXPECT_EQ(param_of(fields), "(accepted)") << fields;
  }
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
  for (const char* part : {R"({"type":"image_url","image_url":{}})", R"({"image_url":{}})",
                           R"({"type":"input_audio","input_audio":{}})", R"({"type":"file"})",
                           R"({"type":"text"})", R"({"type":"text","text":5})", "5", "null"}) {
    EXPECT_EQ(param_in(R"([{"role":"user","content":[)" + std::string(part) + "]}]"),
              "messages[0].content")
        << part;
  }
}

TEST(ChatRequest, ReadsMessagesAsClientsKeepThem) {
  const auto text = [](const std::string& message) {
    return parsed("{\"messages\":[" + message + "]}").messages.at(0).text;
  };
  EXPECT_EQ(text(R"({"role":"user"})"), "");
  EXPECT_EQ(text(R"({"role":"user","content":null,"name":"Ann"})"), "");
  EXPECT_EQ(
      text(R"({"role":"user","content":["a",{"text":"b"},{"type":"input_text","text":"c"}]})"),
      "abc");
  EXPECT_EQ(text(R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm"},
                     {"type":"output_text","text":"a"},{"type":"refusal","refusal":"no"}]})"),
            "ano");
  EXPECT_EQ(text(R"({"role":"assistant","content":null,"refusal":"I cannot"})"), "I cannot");
  EXPECT_EQ(text(R"({"role":"assistant","content":"a","reasoning_content":"hm","refusal":null})"),
            "a");
  EXPECT_EQ(text(R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}})"),
            "\nFunction call: f({})");
  EXPECT_EQ(text(R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},
                     {"function":{}},5]})"),
            "\nFunction call: f({\"a\":1})\nFunction call: ()");
  EXPECT_EQ(text(R"({"role":"function","name":"f","content":"3"})"), "Function output: 3");
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
  EXPECT_EQ(parse_completion_request(R"({"prompt":null})", &param)->prompts.size(), 1u);
  EXPECT_EQ(std::get<1>(parse_completion_request(R"({"prompt":[1.0,2]})", &param)->prompts[0]),
            (std::vector<int32_t>{1, 2}));
  for (const char* bad : {R"({})", R"({"prompt":[]})", R"({"prompt":[-1]})", R"({"prompt":[{}]})",
                          R"({"prompt":5})"}) {
    EXPECT_FALSE(parse_completion_request(bad, &param).ok()) << bad;
    EXPECT_EQ(param, "prompt");
  }
}

CompletionRequest completion(const std::string& fields) {
  std::string param;
  const auto request = parse_completion_request("{\"prompt\":\"a\"," + fields + "}", &param);
  EXPECT_TRUE(request.ok()) << fields << param;
  return request ? *request : CompletionRequest{};
}

std::string completion_param(const std::string& fields) {
  std::string param = "(accepted)";
  EXPECT_FALSE(parse_completion_request("{\"prompt\":\"a\"," + fields + "}", &param).ok());
  return param;
}

TEST(CompletionRequestTest, ReadsWhatOnlyItHas) {
  EXPECT_EQ(completion(R"("suffix":"b")").suffix, "b");
  EXPECT_EQ(completion(R"("suffix":null)").suffix, "");
  EXPECT_EQ(completion(R"("n":2)").best_of, 2);
  EXPECT_EQ(completion(R"("n":2,"best_of":null)").best_of, 2);
  EXPECT_EQ(completion(R"("n":2,"best_of":5.0)").best_of, 5);
  EXPECT_EQ(completion(R"("best_of":1,"stream":true)").best_of, 1);
  EXPECT_EQ(completion_param(R"("n":2,"best_of":1)"), "best_of");
  EXPECT_EQ(completion_param(R"("best_of":21)"), "best_of");
  EXPECT_EQ(completion_param(R"("best_of":2,"stream":true)"), "best_of");
  EXPECT_EQ(completion_param(R"("suffix":5)"), "suffix");
  EXPECT_EQ(completion_param(R"("grammar":"x")"), "grammar");
}

TEST(CompletionRequestTest, LogProbabilitiesAreANumber) {
  const std::pair<const char*, int> cases[] = {{"null", -1}, {"false", -1}, {"0", 0},
                                               {"3.0", 3},   {"20", 20},    {"true", 0}};
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(completion("\"logprobs\":" + std::string(value)).top_log_probabilities, expected)
        << value;
  }
  EXPECT_EQ(completion(R"("logprobs":true,"top_logprobs":4)").top_log_probabilities, 4);
  EXPECT_EQ(completion_param(R"("logprobs":21)"), "logprobs");
  EXPECT_EQ(completion_param(R"("logprobs":-1)"), "logprobs");
  EXPECT_EQ(completion_param(R"("logprobs":0,"echo":true)"), "echo");
}

TEST(Sse, FramesOneEvent) {
  EXPECT_EQ(sse_data("{}"), "data: {}\n\n");
  EXPECT_EQ(sse_event("run", "{\"a\":1}"), "event: run\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(sse_data("a\nb\r\nc"), "data: a\ndata: b\ndata: c\n\n");
  EXPECT_EQ(kSseDone, "data: [DONE]\n\n");
}

// What a client gets of an answer that comes in these pieces.
std::string trimmed(std::initializer_list<const char*> pieces,
                    std::optional<std::string> begun_blanks = std::nullopt) {
  AnswerTrimmer trimmer(std::move(begun_blanks));
  std::string out;
  for (const char* piece : pieces) out += trimmer.push(piece);
  return out;
}

TEST(AnswerTrimmerTest, DropsBlanksAtBothEndsOnly) {
  EXPECT_EQ(trimmed({" ", "\n Hello", " ", "big", "\n\n", "world", "\n\n"}), "Hello big\n\nworld");
}

TEST(AnswerTrimmerTest, KeepsTheIndentationOfTheFirstLine) {
  EXPECT_EQ(trimmed({" ", "    return", " 3\n    # done"}), "    return 3\n    # done");
  EXPECT_EQ(trimmed({" \n", "\n\t", "x"}), "\tx");
}

TEST(AnswerTrimmerTest, KeepsTheBlankThatGoesOnWithABegunAnswer) {
  AnswerTrimmer trimmer("");
  EXPECT_EQ(trimmer.push(" "), "");
  EXPECT_EQ(trimmer.push("France.\n"), " France.");
}

TEST(AnswerTrimmerTest, DropsOfTheFirstBlanksWhatTheClientHas) {
  EXPECT_EQ(trimmed({" France."}, " "), "France.");
  EXPECT_EQ(trimmed({"\n    ", "return 3"}, "\n"), "    return 3");
  EXPECT_EQ(trimmed({"\n    ", "return 3"}, "\n    "), "return 3");
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
