// SPDX-License-Identifier: Apache-2.0
// Status, devices, settings, configurations, requests, token, events, shutdown.
#include "core/server/engine_routes.h"
#include "core/server/engine_state.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

HttpResponse configurations(const Services& services) {
  return {200,
          protocol::encode(protocol::ConfigurationList{services.settings.get().configurations}),
          {}};
}

HttpResponse put_configuration(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  auto configuration = body_as<protocol::Configuration>(request, &refusal);
  if (!configuration) return refusal;
  configuration->name = request.arguments[0];
  const Status stored = services.settings.put_configuration(*configuration);
  return stored.ok() ? configurations(services) : error_response(stored.error());
}

HttpResponse put_settings(Services& services, const HttpRequest& request) {
  HttpResponse refusal;
  const auto settings = body_as<protocol::EngineSettings>(request, &refusal);
  if (!settings) return refusal;
  if (const Status stored = services.settings.put(*settings); !stored) {
    return error_response(stored.error());
  }
  return {200, protocol::encode(services.settings.get()), {}};
}

HttpResponse renew_token(Services& services) {
  const auto token = services.tokens.renew(services.home);
  if (!token) return error_response(token.error());
  return {200, "{\"token\":\"" + *token + "\"}", {}};
}

void add_setting_routes(Router& router, Services& services) {
  router.add("GET", "/engine/settings", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(services.settings.get()), {}};
  });
  router.add("PUT", "/engine/settings",
             [&](const HttpRequest& request) { return put_settings(services, request); });
  router.add("GET", "/engine/configurations",
             [&](const HttpRequest&) { return configurations(services); });
  router.add("PUT", "/engine/configurations/{}",
             [&](const HttpRequest& request) { return put_configuration(services, request); });
  router.add("DELETE", "/engine/configurations/{}", [&](const HttpRequest& request) {
    const Status removed = services.settings.remove_configuration(request.arguments[0]);
    return removed.ok() ? configurations(services) : error_response(removed.error());
  });
}

}  // namespace

void add_status_routes(Router& router, Services& services) {
  router.add("GET", "/health", [](const HttpRequest&) {
    return HttpResponse{200, "{\"status\":\"ok\"}", {}};
  });
  router.add("GET", "/engine/status", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(services.state.status(services.pool)), {}};
  });
  router.add("GET", "/engine/devices", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(services.state.devices()), {}};
  });
  router.add("GET", "/engine/requests", [&](const HttpRequest&) {
    return HttpResponse{200, protocol::encode(protocol::RequestList{services.requests.list()}), {}};
  });
  router.add("POST", "/engine/token/renew",
             [&](const HttpRequest&) { return renew_token(services); });
  router.add("POST", "/engine/shutdown", [&](const HttpRequest&) {
    services.state.request_shutdown();
    return HttpResponse{200, "{}", {}};
  });
  router.add_stream("GET", "/engine/events", [&](const auto& exchange) {
    services.events.subscribe(exchange, [&] {
      return sse_event("status", protocol::encode(services.state.status(services.pool)));
    });
  });
  add_setting_routes(router, services);
}

}  // namespace greylag
