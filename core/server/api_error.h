// SPDX-License-Identifier: Apache-2.0
// How does an Error reach a client? ErrorCode -> HTTP status, and a body of OpenAI's shape:
// {"error":{"message","type","param","code"}}.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/server/http_message.h"

namespace greylag {

int http_status(ErrorCode code);

// param: the request field at fault; code: a word for programs. Empty ones become null.
std::string error_body(const Error& error, const std::string& param = {},
                       const std::string& code = {});

// A refusal that only the wire knows (408, 417, 431, 501, …).
HttpResponse refusal_response(int status, const std::string& message);

// With Retry-After where the client should try again (429, 503).
HttpResponse error_response(const Error& error, const std::string& param = {},
                            const std::string& code = {});

}  // namespace greylag
