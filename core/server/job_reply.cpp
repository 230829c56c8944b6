// SPDX-License-Identifier: Apache-2.0
#include "core/server/job_reply.h"

#include <exception>
#include <new>
#include <utility>

#include "core/base/log.h"
#include "core/server/api_error.h"

namespace greylag {
namespace {

HttpResponse answer(const JobHandler& handler, const HttpRequest& request,
                    const std::stop_token& stop) {
  try {
    if (!stop.stop_requested()) {
      HttpResponse response = handler(request, stop);
      if (!stop.stop_requested()) return response;
    }
    // Who hears it: a client that has gone does not.
    return error_response(Error{ErrorCode::Unavailable, "the engine is stopping"});
  } catch (const std::bad_alloc&) {
    return error_response(Error{ErrorCode::NoSpace, "there is not enough memory for this request"});
  } catch (const std::exception& problem) {
    log_error("server", std::string("a job failed: ") + problem.what());
    return error_response(Error{ErrorCode::Internal, "the request failed inside"});
  }
}

}  // namespace

void reply_by_job(JobRunner& jobs, const std::shared_ptr<Exchange>& exchange, JobHandler handler) {
  const auto id =
      jobs.submit([exchange, handler = std::move(handler)](const std::stop_token& stop) {
        exchange->reply(answer(handler, exchange->request(), stop));
      });
  if (!id) return exchange->reply(error_response(id.error()));
  exchange->on_close([&jobs, id = *id] { jobs.cancel(id); });
}

void add_job_route(Router& router, JobRunner& jobs, const std::string& method,
                   const std::string& pattern, const JobHandler& handler) {
  router.add_stream(method, pattern, [&jobs, handler](const std::shared_ptr<Exchange>& exchange) {
    reply_by_job(jobs, exchange, handler);
  });
}

}  // namespace greylag
