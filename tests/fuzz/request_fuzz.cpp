// SPDX-License-Identifier: Apache-2.0
// The body of a request to /v1, for both routes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/prompt/stop_matcher.h"
#include "core/server/json_input.h"
#include "core/server/openai_request.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;

void check_request(const Result<CompletionRequest>& request, const std::string& param) {
  if (!request) {
    check(request.error().code == ErrorCode::InvalidArgument, "a refusal of another kind");
    check(!request.error().message.empty() && request.error().message.size() < 400,
          "a refusal without a short message");
    check(param.size() < 64, "a long field name");
    return;
  }
  check(request->choices >= 1 && request->best_of >= request->choices, "choices");
  check(request->max_tokens.value_or(0) >= 0, "a negative limit");
  for (const auto& stop : request->stops) check(!stop.empty(), "an empty stop");
  if (!request->is_chat) return check(!request->prompts.empty(), "no prompt");
  const std::string prompt = chat_prompt(request->messages);
  StopMatcher matcher(request->stops);
  const std::string shown = matcher.push(prompt) + matcher.finish();
  check(prompt.starts_with(shown), "the stop matcher invents text");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view body = fuzz::as_text(bytes, size);
  const auto object = parse_json_object(body);
  if (object) {
    check(*object == nlohmann::json::parse(body, nullptr, false), "another value than the library");
  }
  std::string param;
  check_request(parse_chat_request(body, &param), param);
  param.clear();
  check_request(parse_completion_request(body, &param), param);
  return 0;
}
