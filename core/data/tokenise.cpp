// SPDX-License-Identifier: Apache-2.0
// Spans that are equally learned are one text for the tokenizer, as they will be in chat.
#include "core/data/dataset.h"

namespace greylag {

Sample tokenise(std::span<const PromptSpan> spans, const Tokenizer& tokenizer) {
  Sample sample;
  std::string joined;
  for (size_t i = 0; i < spans.size(); ++i) {
    joined.append(spans[i].text);
    const bool is_border = i + 1 == spans.size() || spans[i + 1].is_learned != spans[i].is_learned;
    if (!is_border) continue;
    const std::vector<int32_t> ids = tokenizer.encode(joined);
    sample.tokens.insert(sample.tokens.end(), ids.begin(), ids.end());
    sample.learned.resize(sample.tokens.size(), spans[i].is_learned ? 1 : 0);
    joined.clear();
  }
  return sample;
}

}  // namespace greylag
