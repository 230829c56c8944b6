// SPDX-License-Identifier: Apache-2.0
#include "core/server/openai_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/prompt/infill_prompt.h"
#include "core/server/api_error.h"
#include "core/server/completion_job.h"
#include "core/server/completion_wait.h"
#include "core/server/job_runner.h"
#include "core/server/openai_request.h"

namespace greylag {
namespace {

constexpr int64_t kChatTokens = 2'048;  // when the request names no limit
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

// An adapter, state or core that a request names.
struct NamedExtra {
  std::filesystem::path path;
  std::optional<double> alpha;  // for an adapter that does not say its own
  const char* param = "";       // the request field
};

// The model, configuration, adapter and state that a request names.
struct Resolved {
  ModelEntry model;
  std::optional<protocol::Configuration> configuration;
  std::vector<NamedExtra> extra_files;
  std::shared_ptr<ModelHost> host;  // once it is loaded
  ModelHost::Extra extra;           // once they are loaded
};

std::optional<Refusal> find_model(Services& services, const CompletionRequest& request,
                                  Resolved& out) {
  std::string id = request.model;
  if ((out.configuration = services.settings.configuration(id))) id = out.configuration->model;
  if (id.empty()) id = services.settings.get().default_model;
  if (id.empty()) {
    if (auto first = services.models.first_usable()) {
      out.model = std::move(*first);
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

std::optional<Refusal> find_extras(Services& services, const CompletionRequest& request,
                                   Resolved& out) {
  const auto& configured = out.configuration;
  const std::string adapter =
      request.adapter.empty() && configured ? configured->adapter : request.adapter;
  const std::string state = request.state.empty() && configured ? configured->state : request.state;
  for (const auto& [id, param] :
       {std::pair(adapter, "adapter"), std::pair(state, "state"), std::pair(request.hrm, "hrm")}) {
    if (id.empty()) continue;
    const auto file = services.adapters.find(id);
    if (!file) return Refusal{file.error(), param, "adapter_not_found"};
    const auto path = path_from_utf8(file->path);
    // With its alpha the file is another one to the host: a changed alpha reads it again.
    const bool has_alpha = file->method == "lora" && !file->is_alpha_assumed;
    out.extra_files.push_back(
        {path, has_alpha ? std::optional(file->alpha) : services.adapters.alpha_of(path), param});
  }
  return std::nullopt;
}

void add_extra(const ModelHost::Extra& extra, ModelHost::Extra& sum) {
  if (extra.adapter) sum.adapter = extra.adapter;
  if (extra.state) sum.state = extra.state;
  if (extra.core) sum.core = extra.core;
}

// False: at least one must be read.
bool take_loaded_extras(Resolved& out) {
  ModelHost::Extra sum;
  for (const NamedExtra& file : out.extra_files) {
    const auto loaded = out.host->loaded_extra(file.path, file.alpha);
    if (!loaded) return false;
    add_extra(*loaded, sum);
  }
  out.extra = std::move(sum);
  return true;
}

// Reads what is not loaded: a job's work.
std::optional<Refusal> load_extras(Services& services, Resolved& out, const std::stop_token& stop) {
  const ModelHost::BaseHash base_hash = [&] {
    return services.models.sha256(out.host->path(), stop);
  };
  for (const NamedExtra& file : out.extra_files) {
    if (stop.stop_requested()) break;
    auto extra = out.host->extra(file.path, file.alpha, base_hash);
    if (extra)
      add_extra(*extra, out.extra);
    else if (!stop.stop_requested())
      return Refusal{extra.error(), file.param, {}};
  }
  if (!stop.stop_requested()) return std::nullopt;
  return Refusal{Error{ErrorCode::Unavailable, "the engine is stopping"}, {}, {}};
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
  out.choices = static_cast<int32_t>(request.best_of);
  if (request.best_of > request.choices) {  // they are chosen by it
    out.top_log_probabilities = std::max(out.top_log_probabilities, 0);
  }
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
    GenerationRequest& one = out.generations.emplace_back(common);
    one.prompt = std::move(prompts[p]);
    out.echoes.push_back(request.echoes_prompt ? texts[p] : "");
  }
  out.choices_given = request.choices;
  out.head.is_chat = request.is_chat;
  out.head.id = (request.is_chat ? "chatcmpl-" : "cmpl-") + random_hex(12);
  out.head.created = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  out.head.model = request.model.empty() ? resolved.model.status.id : request.model;
  out.is_stream = request.is_stream;
  out.includes_usage = request.includes_usage;
  out.has_log_probabilities = request.top_log_probabilities >= 0;
  if (request.is_chat) out.begun_blanks = begun_answer_blanks(request.messages);
  return std::nullopt;
}

// A request on its way to its first token: on a worker until it is read, then wherever the loading
// of what it names ends. No thread waits for it.
class PendingCompletion : public std::enable_shared_from_this<PendingCompletion> {
 public:
  PendingCompletion(Services& services, CompletionRequest request,
                    std::shared_ptr<CompletionWait> wait, uint64_t log_id)
      : services_(services),
        request_(std::move(request)),
        wait_(std::move(wait)),
        log_id_(log_id) {}

  void start() {
    guard([this] {
      if (const auto refusal = find_model(services_, request_, resolved_)) return refuse(*refusal);
      if (const auto refusal = find_extras(services_, request_, resolved_)) return refuse(*refusal);
      const uint64_t waiter = services_.pool.acquire(
          resolved_.model,
          [self = shared_from_this()](auto host) { self->on_model(std::move(host)); });
      if (waiter == 0) return;
      wait_->on_leave([&pool = services_.pool, waiter] { pool.leave(waiter); });
    });
  }

 private:
  void on_model(Result<std::shared_ptr<ModelHost>> host) {
    guard([&] {
      if (!host) {
        const bool is_of_model = host.error().code != ErrorCode::Unavailable &&
                                 host.error().code != ErrorCode::TooManyRequests;
        return refuse({host.error(), is_of_model ? "model" : "", {}});
      }
      resolved_.host = std::move(*host);
      if (take_loaded_extras(resolved_)) return begin();
      // One after the other for each model: what one reads, the next finds loaded.
      const auto job = services_.extra_loads.submit(
          [self = shared_from_this()](const std::stop_token& stop) { self->on_turn(stop); },
          resolved_.host.get());
      if (!job) return refuse({job.error(), {}, {}});
      wait_->on_leave([&jobs = services_.extra_loads, job = *job] { jobs.drop(job); });
    });
  }

  // The reading goes on when the client leaves: the next one that asks finds it done.
  void on_turn(const std::stop_token& stop) {
    guard([&] {
      if (const auto refusal = load_extras(services_, resolved_, stop)) return refuse(*refusal);
      begin();
    });
  }

  void begin() {
    CompletionPlan planned;
    if (const auto refusal = plan(request_, resolved_, planned)) return refuse(*refusal);
    auto taken = wait_->take();
    if (!taken) return;  // the client has gone
    planned.has_begun_stream = taken->has_begun_stream;
    CompletionJob::start(std::move(taken->exchange), std::move(resolved_.host), std::move(planned),
                         services_.requests, log_id_, services_.jobs);
  }

  void refuse(const Refusal& refusal) { wait_->refuse(refusal.error, refusal.param, refusal.code); }

  // A named place for exceptions, on whichever thread: one request fails.
  void guard(const std::function<void()>& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      refuse({Error{ErrorCode::NoSpace, "there is not enough memory for this request"}, {}, {}});
    } catch (const std::exception& problem) {
      log_error("server", fmt::format("a request failed: {}", problem.what()));
      refuse({Error{ErrorCode::Internal, "the request failed inside"}, {}, {}});
    }
  }

  Services& services_;
  const CompletionRequest request_;
  const std::shared_ptr<CompletionWait> wait_;
  const uint64_t log_id_;
  Resolved resolved_;
};

void complete(Services& services, const std::shared_ptr<Exchange>& exchange, bool is_chat) {
  const std::string& body = exchange->request().body;
  std::string param;
  auto request =
      is_chat ? parse_chat_request(body, &param) : parse_completion_request(body, &param);
  const uint64_t log_id = services.requests.start(
      exchange->request().method + " " + exchange->request().path, request ? request->model : "");
  const bool is_stream = request && request->is_stream;
  const auto wait = CompletionWait::start(exchange, services.requests, log_id, is_stream);
  if (!request) return wait->refuse(request.error(), param);
  services.waits.add(wait);
  std::make_shared<PendingCompletion>(services, std::move(*request), wait, log_id)->start();
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
