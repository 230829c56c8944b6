// SPDX-License-Identifier: Apache-2.0
#include "core/prompt/infill_prompt.h"

namespace greylag {

std::string infill_prompt(std::string_view prefix, std::string_view suffix) {
  std::string prompt = "✿prefix✿✿suffix✿";
  return prompt.append(suffix).append("✿middle✿").append(prefix);
}

}  // namespace greylag
