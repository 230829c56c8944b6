// SPDX-License-Identifier: Apache-2.0
#include "core/server/openai_routes.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/prompt/infill_prompt.h"
#include "core/server/api_error.h"
#include "core/server/completion_job.h"
#include "core/server/openai_request.h"

namespace greylag {
namespace {

constexpr std::chrono::milliseconds kLoadWait{3'000};  // then 503, and the client asks again
constexpr int64_t kChatTokens = 2'048;                 // when the request names no limit
constexpr int64_t kCompletionTokens = 256;

// An error and the request field it is about.
struct Refusal {
  Error error;
  std::string param, code;
};

std::string random_hex(size_t bytes) {
  std::string out;
  for (const uint8_t byte : platform::random_bytes(bytes)) out += fmt::format("{:02x}", byte);
  return out;
}

int64_t unix_seconds(std::filesystem::file_time_type time) {
  const auto age = std::filesystem::file_time_type::clock::now() - time;
  const auto at = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(age);
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

// The model, configuration, adapter and state that a request names.
struct Resolved {
  ModelEntry model;
  std::optional<protocol::Configuration> configuration;
  std::shared_ptr<ModelHost> host;
  ModelHost::Extra extra;
};

std::optional<Refusal> find_model(Services& services, const CompletionRequest& request,
                                  Resolved& out) {
  std::string id = request.model;
  if ((out.configuration = services.settings.configuration(id))) id = out.configuration->model;
  if (id.empty()) id = services.settings.get().default_model;
  if (id.empty()) {
    for (ModelEntry& entry : services.models.list()) {
      if (!entry.status.problem.empty()) continue;
      out.model = std::move(entry);
      return std::nullopt;
    }
  }
  auto found = services.models.find(id);
  if (!found) {
    return Refusal{Error{ErrorCode::NotFound, "the model \"" + id + "\" does not exist"}, "model",
                   "model_not_found"};
  }
  out.model = std::move(*found);
  return std::nullopt;
}

std::optional<Refusal> load_extra(Services& services, const std::string& id, const char* param,
                                  Resolved& out) {
  if (id.empty()) return std::nullopt;
  const auto file = services.adapters.find(id);
  if (!file) return Refusal{file.error(), param, "adapter_not_found"};
  const auto path = path_from_utf8(file->path);
  auto extra = out.host->extra(path, services.adapters.alpha_of(path));
  if (!extra) return Refusal{extra.error(), param, {}};
  if (extra->adapter) out.extra.adapter = extra->adapter;
  if (extra->state) out.extra.state = extra->state;
  if (extra->core) out.extra.core = extra->core;
  return std::nullopt;
}

std::optional<Refusal> resolve(Services& services, const CompletionRequest& request,
                               Resolved& out) {
  if (auto refusal = find_model(services, request, out)) return refusal;
  auto host = services.pool.acquire(out.model, kLoadWait);
  if (!host) {
    const bool is_loading = host.error().code == ErrorCode::Unavailable;
    return Refusal{host.error(), is_loading ? "" : "model", is_loading ? "model_loading" : ""};
  }
  out.host = std::move(*host);
  const auto& configured = out.configuration;
  const std::string adapter =
      request.adapter.empty() && configured ? configured->adapter : request.adapter;
  const std::string state = request.state.empty() && configured ? configured->state : request.state;
  if (auto refusal = load_extra(services, adapter, "adapter", out)) return refusal;
  if (auto refusal = load_extra(services, state, "state", out)) return refusal;
  return load_extra(services, request.hrm, "hrm", out);
}

SamplerOptions sampler_options(const CompletionRequest& request,
                               const std::optional<protocol::Configuration>& configured) {
  SamplerOptions options;
  if (configured) {
    options.temperature = configured->temperature;
    options.top_p = configured->top_p;
    options.top_k = static_cast<int>(configured->top_k);
    options.presence_penalty = configured->presence_penalty;
    options.frequency_penalty = configured->frequency_penalty;
    options.penalty_decay = configured->penalty_decay;
  }
  options.temperature = request.temperature.value_or(options.temperature);
  options.top_p = request.top_p.value_or(options.top_p);
  options.top_k = static_cast<int>(request.top_k.value_or(options.top_k));
  options.min_p = request.min_p.value_or(options.min_p);
  options.presence_penalty = request.presence_penalty.value_or(options.presence_penalty);
  options.frequency_penalty = request.frequency_penalty.value_or(options.frequency_penalty);
  options.penalty_decay = request.penalty_decay.value_or(options.penalty_decay);
  options.logit_bias = request.logit_bias;
  if (request.seed) {
    options.seed = *request.seed;
  } else {
    for (const uint8_t byte : platform::random_bytes(8)) options.seed = options.seed << 8 | byte;
  }
  return options;
}

// OpenAI's words for a core of so many H-cycles: low is one, medium half of them, high all.
HrmUse core_use(const CompletionRequest& request, int64_t cycles) {
  HrmUse use;
  use.strength = static_cast<float>(request.hrm_strength.value_or(1.0));
  const std::string word = request.reasoning_effort.value_or("high");
  if (word == "none") use.strength = 0;
  if (word == "minimal" || word == "low") use.effort = 1;
  if (word == "medium") use.effort = static_cast<int32_t>((cycles + 1) / 2);
  if (request.hrm_effort) use.effort = static_cast<int32_t>(std::min(*request.hrm_effort, cycles));
  return use;
}

std::string conversation(const CompletionRequest& request,
                         const std::optional<protocol::Configuration>& configured) {
  std::vector<ChatMessage> messages = request.messages;
  bool has_system = false;
  for (const ChatMessage& message : messages) has_system |= message.role == Role::System;
  if (!has_system && configured && !configured->system_prompt.empty()) {
    messages.insert(messages.begin(), ChatMessage{Role::System, configured->system_prompt});
  }
  return chat_prompt(messages);
}

// What the model reads for a prompt of /v1/completions; with a suffix, the template around both.
std::vector<int32_t> prompt_tokens(const Tokenizer& tokenizer, const std::string& suffix,
                                   const std::variant<std::string, std::vector<int32_t>>& prompt) {
  if (const auto* text = std::get_if<std::string>(&prompt)) {
    return tokenizer.encode(suffix.empty() ? *text : infill_prompt(*text, suffix));
  }
  std::vector<int32_t> tokens;
  if (!suffix.empty()) tokens = tokenizer.encode(infill_prompt("", suffix));
  const auto& given = std::get<std::vector<int32_t>>(prompt);
  tokens.insert(tokens.end(), given.begin(), given.end());
  return tokens;
}

Refusal invalid(std::string message, const char* param) {
  return {Error{ErrorCode::InvalidArgument, std::move(message)}, param, {}};
}

// The tokens of each prompt, and its text where it is echoed.
std::optional<Refusal> read_prompts(const CompletionRequest& request, const Resolved& resolved,
                                    std::vector<std::vector<int32_t>>& prompts,
                                    std::vector<std::string>& texts) {
  const Tokenizer& tokenizer = resolved.host->tokenizer();
  if (request.is_chat) {
    prompts.push_back(tokenizer.encode(conversation(request, resolved.configuration)));
    texts.emplace_back();
    return std::nullopt;
  }
  if (!request.suffix.empty() && tokenizer.kind() != "world") {
    return invalid(
        "suffix needs a model with the RWKV World vocabulary: others were never taught "
        "to fill a gap",
        "suffix");
  }
  for (const auto& prompt : request.prompts) {
    prompts.push_back(prompt_tokens(tokenizer, request.suffix, prompt));
    for (const int32_t token : prompts.back()) {
      if (token < resolved.host->config().vocab) continue;
      return invalid(fmt::format("token {} is outside the model's vocabulary", token), "prompt");
    }
    const auto* text = std::get_if<std::string>(&prompt);
    texts.push_back(text != nullptr ? *text
                                    : tokenizer.decode(std::get<std::vector<int32_t>>(prompt)));
  }
  for (auto& prompt : prompts) {
    if (prompt.empty()) prompt.push_back(0);  // the end of a document is where a new one starts
  }
  return std::nullopt;
}

GenerationRequest generation(const CompletionRequest& request, const Resolved& resolved) {
  GenerationRequest out;
  out.sampler = sampler_options(request, resolved.configuration);
  const int64_t usual = request.is_chat ? kChatTokens : kCompletionTokens;
  out.max_tokens = request.max_tokens.value_or(
      resolved.configuration ? resolved.configuration->max_tokens : usual);
  out.stops = request.stops;
  if (request.is_chat) {
    out.stops.insert(out.stops.end(), chat_stops().begin(), chat_stops().end());
  }
  out.stop_tokens.insert(out.stop_tokens.end(), request.stop_tokens.begin(),
                         request.stop_tokens.end());
  out.top_log_probabilities = request.top_log_probabilities;
  out.adapter = resolved.extra.adapter;
  out.state = resolved.extra.state;
  out.core = resolved.extra.core;
  if (out.core) out.core_use = core_use(request, out.core->config.recursion.h_cycles);
  return out;
}

std::optional<Refusal> plan(const CompletionRequest& request, const Resolved& resolved,
                            CompletionPlan& out) {
  std::vector<std::vector<int32_t>> prompts;
  std::vector<std::string> texts;
  if (auto refusal = read_prompts(request, resolved, prompts, texts)) return refusal;
  const GenerationRequest common = generation(request, resolved);
  for (size_t p = 0; p < prompts.size(); ++p) {
    out.counted_prompt_tokens += static_cast<int64_t>(prompts[p].size());
    for (int64_t i = 0; i < request.choices; ++i) {
      GenerationRequest one = common;
      one.prompt = prompts[p];
      one.sampler.seed += static_cast<uint64_t>(i);
      out.generations.push_back(std::move(one));
      out.echoes.push_back(request.echoes_prompt ? texts[p] : "");
    }
  }
  out.head.is_chat = request.is_chat;
  out.head.id = (request.is_chat ? "chatcmpl-" : "cmpl-") + random_hex(12);
  out.head.created = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  out.head.model = request.model.empty() ? resolved.model.status.id : request.model;
  out.is_stream = request.is_stream;
  out.includes_usage = request.includes_usage;
  out.has_log_probabilities = request.top_log_probabilities >= 0;
  out.keeps_first_blanks = request.is_chat && ends_inside_answer(request.messages);
  return std::nullopt;
}

void complete(Services& services, const std::shared_ptr<Exchange>& exchange, bool is_chat) {
  const std::string& body = exchange->request().body;
  std::string param;
  const auto request =
      is_chat ? parse_chat_request(body, &param) : parse_completion_request(body, &param);
  const uint64_t log_id = services.requests.start(
      exchange->request().method + " " + exchange->request().path, request ? request->model : "");
  const auto refuse = [&](const Refusal& refusal) {
    services.requests.end(log_id, "failed", http_status(refusal.error.code));
    exchange->reply(error_response(refusal.error, refusal.param, refusal.code));
  };
  if (!request) return refuse({request.error(), param, {}});
  Resolved resolved;
  if (const auto refusal = resolve(services, *request, resolved)) return refuse(*refusal);
  CompletionPlan planned;
  if (const auto refusal = plan(*request, resolved, planned)) return refuse(*refusal);
  CompletionJob::start(exchange, resolved.host, std::move(planned), services.requests, log_id,
                       services.jobs);
}

std::vector<ModelObject> served_models(Services& services) {
  std::vector<ModelObject> models;
  for (const ModelEntry& entry : services.models.list()) {
    if (entry.status.problem.empty()) {
      models.push_back({entry.status.id, unix_seconds(entry.written)});
    }
  }
  for (const auto& configuration : services.settings.get().configurations) {
    models.push_back({configuration.name, 0});
  }
  return models;
}

HttpResponse one_model(Services& services, const std::string& id) {
  for (const ModelObject& model : served_models(services)) {
    if (model.id == id) return {200, model_object(model), {}};
  }
  return error_response(Error{ErrorCode::NotFound, "the model \"" + id + "\" does not exist"},
                        "model", "model_not_found");
}

}  // namespace

void add_openai_routes(Router& router, Services& services) {
  router.add("GET", "/v1/models", [&](const HttpRequest&) {
    return HttpResponse{200, model_list(served_models(services)), {}};
  });
  router.add("GET", "/v1/models/{}",
             [&](const HttpRequest& request) { return one_model(services, request.arguments[0]); });
  router.add_stream("POST", "/v1/chat/completions",
                    [&](const auto& exchange) { complete(services, exchange, true); });
  router.add_stream("POST", "/v1/completions",
                    [&](const auto& exchange) { complete(services, exchange, false); });
}

}  // namespace greylag
