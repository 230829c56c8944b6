// SPDX-License-Identifier: Apache-2.0
// Requests whose answer takes long: a job that ends with its client and with the engine.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/server/http_message.h"
#include "core/server/job_runner.h"
#include "core/server/router.h"

namespace greylag {

// Runs on a thread of the runner. The token fires when the client has gone or the engine stops; the
// answer is not sent then.
using JobHandler = std::function<HttpResponse(const HttpRequest&, const std::stop_token&)>;

// Answers with what the handler returns; 429 when too many wait. Any thread.
void reply_by_job(JobRunner& jobs, const std::shared_ptr<Exchange>& exchange, JobHandler handler);

// Router::add for such a handler. jobs must outlive the server.
void add_job_route(Router& router, JobRunner& jobs, const std::string& method,
                   const std::string& pattern, const JobHandler& handler);

}  // namespace greylag
