// SPDX-License-Identifier: Apache-2.0
// /engine and /health. The table is in core/protocol/README.md; each handler decodes one struct,
// makes one call and encodes one struct.
#pragma once

#include <optional>

#include "core/protocol/codec.h"
#include "core/server/api_error.h"
#include "core/server/json_input.h"
#include "core/server/router.h"
#include "core/server/services.h"

namespace greylag {

// services must outlive the server.
void add_status_routes(Router& router, Services& services);
void add_model_routes(Router& router, Services& services);
void add_reason_routes(Router& router, Services& services);
void add_run_routes(Router& router, Services& services);

// The model as the outside sees it: with is_loaded and is_loading.
protocol::ModelStatus shown_model(const Services& services, const ModelEntry& entry);

template <typename T>
HttpResponse json_response(const Result<T>& result) {
  if (!result) return error_response(result.error());
  return {200, protocol::encode(result.value()), {}};
}

// The body as a struct; on failure *response is the refusal.
template <typename T>
std::optional<T> body_as(const HttpRequest& request, HttpResponse* response) {
  const auto object = parse_json_object(request.body);  // stricter than decode
  auto value = object ? protocol::decode<T>(request.body) : Result<T>(object.error());
  if (value) return std::move(*value);
  *response = error_response(value.error());
  return std::nullopt;
}

}  // namespace greylag
