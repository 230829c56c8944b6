// SPDX-License-Identifier: Apache-2.0
#include "core/cli/demo_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace greylag {
namespace {

constexpr long kTimeoutSeconds = 120;

size_t append(char* data, size_t, size_t size, void* user) {
  static_cast<std::string*>(user)->append(data, size);
  return size;
}

Result<DemoAnswer> read_answer(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  try {
    if (json.is_object() && json.contains("error")) {
      return Error{ErrorCode::Internal, json["error"].at("message").get<std::string>()};
    }
    DemoAnswer answer;
    answer.text = json.at("choices").at(0).at("message").at("content").get<std::string>();
    answer.tokens_per_second = json.at("timings").at("predicted_per_second").get<double>();
    return answer;
  } catch (const nlohmann::json::exception&) {
    return Error{ErrorCode::Internal, "the server's answer cannot be read"};
  }
}

}  // namespace

Result<DemoAnswer> ask_server(int port, const std::string& token, const std::string& model,
                              const std::string& adapter, const std::string& question) {
  const nlohmann::json request = {{"model", model},
                                  {"adapter", adapter},
                                  {"temperature", 0},
                                  {"max_tokens", 160},
                                  {"messages", {{{"role", "user"}, {"content", question}}}}};
  const std::string body = request.dump();
  const std::string url = fmt::format("http://127.0.0.1:{}/v1/chat/completions", port);
  const std::string bearer = "Authorization: Bearer " + token;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
  list = curl_slist_append(list, bearer.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);
  if (!curl || !headers) return Error{ErrorCode::Internal, "libcurl cannot start"};
  std::string reply;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply);
  const CURLcode done = curl_easy_perform(curl.get());
  if (done != CURLE_OK) return Error{ErrorCode::Unavailable, curl_easy_strerror(done)};
  return read_answer(reply);
}

}  // namespace greylag
