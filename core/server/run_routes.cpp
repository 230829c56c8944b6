// SPDX-License-Identifier: Apache-2.0
// Data check, plan, runs and their merge.
#include <charconv>

#include "core/base/file.h"
#include "core/base/regular_file.h"
#include "core/data/dataset.h"
#include "core/server/engine_routes.h"
#include "core/server/job_reply.h"
#include "core/server/merge_run.h"
#include "core/server/run_supervisor.h"
#include "core/server/train_plan.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

constexpr int64_t kMaxProblems = 10'000;
constexpr int64_t kMaxPreviews = 1'000;

// The tokenizer of a model given by id or path.
Result<std::shared_ptr<const Tokenizer>> tokenizer_of(Services& services,
                                                      const std::string& model) {
  const auto entry = services.models.find(model);
  const auto path = entry ? entry->path : path_from_utf8(model);
  const auto status = services.models.inspect(path);
  if (!status && status.error().code == ErrorCode::NotFound) {
    return Error{ErrorCode::NotFound, "model: there is no model \"" + model + "\""};
  }
  if (!status) return status.error().in("model");
  if (status->vocab == 0) return Error{ErrorCode::BadFile, "model: " + status->problem};
  const auto vocabulary = entry ? entry->vocabulary : std::nullopt;
  return choose_tokenizer(status->vocab, path, vocabulary, services.home.tokenizers());
}

protocol::DataCheckReply to_reply(DataReport report) {
  protocol::DataCheckReply reply;
  reply.kind = std::move(report.kind);
  reply.rows = report.rows;
  reply.usable_rows = report.usable_rows;
  reply.tokens = report.tokens;
  reply.learned_tokens = report.learned_tokens;
  reply.longest = report.longest;
  reply.histogram = std::move(report.histogram);
  for (const DataError& error : report.errors) {
    reply.errors.push_back(
        {error.line, row_problem_name(error.problem), error.message, error.is_fatal});
  }
  for (const ProblemCount& count : report.problems) {
    reply.problem_counts.push_back(
        {row_problem_name(count.problem), count.is_fatal, count.rows, count.first_line});
  }
  for (const auto& preview : report.previews) {
    protocol::DataPreview shown{preview.line, {}};
    for (const PromptSpan& span : preview.spans)
      shown.spans.push_back({span.text, span.is_learned});
    reply.previews.push_back(std::move(shown));
  }
  return reply;
}

HttpResponse check_data(Services& services, const HttpRequest& request,
                        const std::stop_token& stop) {
  HttpResponse refusal;
  const auto body = body_as<protocol::DataCheckRequest>(request, &refusal);
  if (!body) return refusal;
  const bool is_in_range = body->context >= 1 && body->context <= 1'000'000 &&
                           body->max_errors >= 0 && body->max_errors <= kMaxProblems &&
                           body->max_samples >= 0 && body->max_samples <= kMaxPreviews;
  if (!is_in_range) {
    return error_response(
        Error{ErrorCode::InvalidArgument, "context, max_errors or max_samples is out of range"});
  }
  const auto path = path_from_utf8(body->path);
  if (const Status file = check_regular_file(path); !file) return error_response(file.error());
  const auto tokenizer = tokenizer_of(services, body->model);
  if (!tokenizer) return error_response(tokenizer.error());
  DatasetOptions options;
  options.context = body->context;
  auto report = check_dataset(path, **tokenizer, options, static_cast<size_t>(body->max_errors),
                              static_cast<size_t>(body->max_samples), stop);
  if (!report) return error_response(report.error());
  return {200, protocol::encode(to_reply(std::move(*report))), {}};
}

HttpResponse plan(Services& services, const HttpRequest& request, const std::stop_token& stop) {
  HttpResponse refusal;
  auto body = body_as<protocol::RunConfig>(request, &refusal);
  if (!body) return refusal;
  auto config = services.runs.complete(std::move(*body));
  if (!config) return error_response(config.error());
  return json_response(plan_training(services.home, std::move(*config), stop));
}

HttpResponse start_run(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  auto body = body_as<protocol::RunConfig>(request, &refusal);
  if (!body) return refusal;
  return json_response(services.runs.start(std::move(*body)));
}

HttpResponse metrics(Services& services, const HttpRequest& request) {
  int64_t from = 0;
  if (const auto text = request.parameter("from")) {
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), from);
    if (failed != std::errc() || end != text->data() + text->size() || from < 0) {
      return error_response(Error{ErrorCode::InvalidArgument, "from must be a step number"},
                            "from");
    }
  }
  const auto run = services.runs.open(request.arguments[0]);
  if (!run) return error_response(run.error());
  return {200, protocol::encode(run->metrics(from)), {}};
}

HttpResponse delete_run(Services& services, const std::string& id) {
  const auto removed = services.runs.remove(id);
  if (!removed) return error_response(removed.error());
  return {200, protocol::encode(protocol::DeleteReply{*removed}), {}};
}

HttpResponse merge(Services& services, const HttpRequest& request, const std::stop_token& stop) {
  HttpResponse refusal;
  const auto body = body_as<protocol::MergeRequest>(request, &refusal);
  if (!body) return refusal;
  const auto run = services.runs.open(request.arguments[0]);
  if (!run) return error_response(run.error());
  auto reply = merge_run(services.home, *run, *body, "cpu", stop);
  if (!reply) return error_response(reply.error());
  for (const ModelEntry& entry : services.models.list()) {
    if (entry.path != path_from_utf8(reply->path)) continue;
    reply->model = entry.status.id;  // not the bare name when another model has that already
    services.events.publish("model", shown_model(services, entry));
  }
  return {200, protocol::encode(*reply), {}};
}

}  // namespace

void add_run_routes(Router& router, Services& services) {
  using Work = HttpResponse (*)(Services&, const HttpRequest&, const std::stop_token&);
  const auto add_long = [&](const char* pattern, Work work) {
    add_job_route(router, services.long_jobs, "POST", pattern,
                  [&services, work](const HttpRequest& request, const std::stop_token& stop) {
                    return work(services, request, stop);
                  });
  };
  add_long("/engine/data/check", check_data);
  add_long("/engine/train/plan", plan);
  add_long("/engine/runs/{}/merge", merge);
  router.add("GET", "/engine/runs", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(protocol::RunList{services.runs.list()}), {}};
  });
  router.add("POST", "/engine/runs",
             [&](const HttpRequest& request) { return start_run(services, request); });
  router.add("GET", "/engine/runs/{}", [&](const HttpRequest& request) {
    return json_response(services.runs.status(request.arguments[0]));
  });
  router.add("DELETE", "/engine/runs/{}", [&](const HttpRequest& request) {
    return delete_run(services, request.arguments[0]);
  });
  for (const std::string word : {"pause", "resume", "stop", "save"}) {
    router.add("POST", "/engine/runs/{}/" + word, [&services, word](const HttpRequest& request) {
      return json_response(services.runs.control(request.arguments[0], word));
    });
  }
  router.add("GET", "/engine/runs/{}/metrics",
             [&](const HttpRequest& request) { return metrics(services, request); });
}

}  // namespace greylag
