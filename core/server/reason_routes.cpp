// SPDX-License-Identifier: Apache-2.0
// Puzzle reasoners: which there are, and a puzzle to be solved step by step.
#include "core/protocol/reason.h"
#include "core/server/engine_routes.h"
#include "core/server/reasoner.h"

namespace greylag {

namespace {

void solve(Services& services, const std::shared_ptr<Exchange>& exchange) {
  HttpResponse refusal;
  const auto body = body_as<protocol::SolveRequest>(exchange->request(), &refusal);
  if (!body) return exchange->reply(std::move(refusal));
  if (const Status accepted = services.reasoner.solve(exchange, *body); !accepted) {
    exchange->reply(error_response(accepted.error()));
  }
}

}  // namespace

void add_reason_routes(Router& router, Services& services) {
  router.add("GET", "/engine/reason/models", [&](const HttpRequest&) {
    return HttpResponse{
        200, protocol::encode(protocol::ReasonModelList{services.reasoner.models()}), {}};
  });
  router.add_stream("POST", "/engine/reason/solve",
                    [&](const std::shared_ptr<Exchange>& exchange) { solve(services, exchange); });
}

}  // namespace greylag
