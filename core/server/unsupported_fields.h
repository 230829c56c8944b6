// SPDX-License-Identifier: Apache-2.0
// What may a request not ask for? Fields of OpenAI and of other servers whose effect Greylag does
// not have: tools, grammars, further samplers. Asked for, they are refused by name, so that nobody
// relies on them; switched off, they are accepted, since many clients send every field they know.
#pragma once

#include "core/server/json_input.h"

namespace greylag {

void refuse_unsupported(FieldReader& fields);

}  // namespace greylag
