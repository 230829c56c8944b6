// SPDX-License-Identifier: Apache-2.0
// /v1: models, chat completions, completions. Bytes -> struct -> scheduler -> struct -> bytes.
#pragma once

#include "core/server/router.h"
#include "core/server/services.h"

namespace greylag {

// services must outlive the server.
void add_openai_routes(Router& router, Services& services);

}  // namespace greylag
