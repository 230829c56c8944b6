// SPDX-License-Identifier: Apache-2.0
// What does a row of token ids teach? The rows of hrm_lm (facts hrm.md 2.7),
// {"encoder_ids" | "input_ids", "decoder_input_ids", "labels" | "targets"}, become one stream: a
// prompt and the labelled tokens behind it. An encoder's ids that hold the answer already are what
// a causal model must not see; they are left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/data/dataset.h"

namespace greylag {

// Nothing when the line is no such row (also when it has "messages", "instruction" or "text", which
// come first). vocabulary: ids must be below it. BadFile in one sentence; *problem (may be null)
// says which kind.
std::optional<Result<Sample>> parse_token_row(std::string_view line, int32_t vocabulary,
                                              RowProblem* problem);

// A sample as text, one span per run of equally learned tokens; for previews.
std::vector<PromptSpan> token_spans(const Sample& sample, const Tokenizer& tokenizer);

}  // namespace greylag
