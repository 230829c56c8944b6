// SPDX-License-Identifier: Apache-2.0
// How does text become GPT-NeoX tokens? NFC, runs of spaces that are tokens of their own, words by
// the GPT-2 rule, byte-level byte-pair merges. Left out of builds with GREYLAG_PORTABLE (it needs
// ICU for normalisation and character classes). Facts: inference 4.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {

// A tokenizer.json of the GPT-NeoX kind; BadFile names what is missing or not supported. Special
// tokens (<|endoftext|>, <|padding|>) never come from text; bytes without a token (they
// occur in no UTF-8) become U+FFFD.
Result<std::shared_ptr<const Tokenizer>> parse_neox_tokenizer(std::string_view json);

// Canonical composition (NFC) of the valid stretches of a text; other bytes stay as they are.
std::string normalise_nfc(std::string_view text);

// Cuts off the next word of a text that is not empty: a contraction ('s 't 're 've 'm 'll 'd),
// letters, numbers or other signs, each with one leading space, or white space (of which the last
// one before a word is left to it). Bytes that are not UTF-8 count as other signs.
std::string_view next_word(std::string_view text);

}  // namespace greylag
