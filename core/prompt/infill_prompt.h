// SPDX-License-Identifier: Apache-2.0
// How does an RWKV-7 model fill a gap between two texts? By the template that its G1c and later
// models are trained on (and rwkv_lightning's /FIM serves), where the text after the gap comes
// first, so that the answer goes on from the text before it:
// "✿prefix✿✿suffix✿" suffix "✿middle✿" prefix. Models before G1c do not know it.
#pragma once

#include <string>
#include <string_view>

namespace greylag {

std::string infill_prompt(std::string_view prefix, std::string_view suffix);

}  // namespace greylag
