// SPDX-License-Identifier: Apache-2.0
// What does a row of token ids teach? The rows of hrm_lm (facts hrm.md 2.7),
// {"encoder_ids" | "input_ids", "decoder_input_ids", "labels" | "targets"}, become one stream: a
// prompt and the labelled tokens behind it. An encoder's ids that hold the answer already are what
// a causal model must not see; they are left out.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/row_fields.h"

namespace greylag {

// Whether a row holds token ids and none of "messages", "instruction" or "text", which come first.
bool is_token_row(const RowFields& row);

// vocabulary: ids must be below it.
Read<Sample> read_token_row(RowFields& row, int32_t vocabulary);

// A sample as text, one span per run of equally learned tokens; for previews.
std::vector<PromptSpan> token_spans(const Sample& sample, const Tokenizer& tokenizer);

}  // namespace greylag
